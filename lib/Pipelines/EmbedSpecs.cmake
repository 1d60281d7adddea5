# cmake -DOUTPUT=file -DSPECS=a.mlir;b.mlir -P EmbedSpecs.cmake
#
# Writes the specs as C++ initialisers: {"name", "text"},
set(content "// Made from optimizers/*.mlir; do not edit.\n")
foreach(spec IN LISTS SPECS)
  get_filename_component(name "${spec}" NAME_WE)
  file(READ "${spec}" text)
  string(APPEND content "{\"${name}\", R\"spec(${text})spec\"},\n")
endforeach()
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT "@content@" @ONLY)
