# Debian's LLVM and MLIR 22.1, linked through the shared libraries only: mixing
# in one static archive would duplicate every registry.
if(NOT MLIR_DIR)
  set(MLIR_DIR /usr/lib/llvm-22/lib/cmake/mlir)
endif()
if(NOT LLVM_EXTERNAL_LIT)
  set(LLVM_EXTERNAL_LIT /usr/lib/llvm-22/bin/lit)
endif()
find_package(MLIR 22.1 REQUIRED CONFIG)
set(LLVM_RUNTIME_OUTPUT_INTDIR ${CMAKE_BINARY_DIR}/bin)
set(LLVM_LIBRARY_OUTPUT_INTDIR ${CMAKE_BINARY_DIR}/lib)
set(MLIR_BINARY_DIR ${CMAKE_BINARY_DIR})
set(MLIR_LINK_MLIR_DYLIB ON)
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)

separate_arguments(OPTIMC_LLVM_DEFINITIONS NATIVE_COMMAND ${LLVM_DEFINITIONS})
add_library(optimc-mlir INTERFACE)
target_include_directories(optimc-mlir INTERFACE
  ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)
target_include_directories(optimc-mlir SYSTEM INTERFACE
  ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
target_compile_definitions(optimc-mlir INTERFACE ${OPTIMC_LLVM_DEFINITIONS})
target_compile_options(optimc-mlir INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -Wall -Wextra -Wno-unused-parameter
  -Wno-comment -fvisibility-inlines-hidden>
  # libstdc++ 12 uses what it deprecates.
  $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wno-deprecated-declarations>)
# The compiler's time is LLVM's; more than -O1 would double the build for nothing.
target_compile_options(optimc-mlir INTERFACE
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release>>:-O1>)
target_link_libraries(optimc-mlir INTERFACE MLIR LLVM)

# MLIR's headers take most of a compilation; all libraries share one
# precompiled copy, so they share their compile options, too.
if(OPTIMC_PRECOMPILE_HEADERS)
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/pch.cpp "")
  add_library(optimc-pch OBJECT ${CMAKE_CURRENT_BINARY_DIR}/pch.cpp)
  target_link_libraries(optimc-pch PRIVATE optimc-mlir)
  target_precompile_headers(optimc-pch PRIVATE
    <mlir/Dialect/Arith/IR/Arith.h>
    <mlir/Dialect/LLVMIR/LLVMDialect.h>
    <mlir/Dialect/LLVMIR/NVVMDialect.h>
    <mlir/Dialect/Math/IR/Math.h>
    <mlir/Dialect/SCF/IR/SCF.h>
    <mlir/Dialect/Vector/IR/VectorOps.h>
    <mlir/IR/Builders.h>
    <mlir/IR/BuiltinOps.h>
    <mlir/IR/IRMapping.h>
    <mlir/IR/OpImplementation.h>
    <mlir/IR/PatternMatch.h>
    <mlir/Pass/Pass.h>
    <optimc/Dialect/Optim/IR/Optim.h>)
endif()

# optimc_precompile(TARGET): uses that copy in an executable, which must be
# compiled as libraries are: -fPIC where CMake would say -fPIE.
function(optimc_precompile target)
  if(TARGET optimc-pch)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
    target_precompile_headers(${target} REUSE_FROM optimc-pch)
  endif()
endfunction()

# optimc_add_library(NAME sources... [LINK libs...] [DEPENDS targets...])
#
# A compiler library: LLVM's flags, headers and conventions (no exceptions).
# MLIR itself comes from libMLIR.so.
function(optimc_add_library name)
  cmake_parse_arguments(ARG "" "" "LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC optimc-mlir ${ARG_LINK})
  add_dependencies(${name} OptimcIncGen ${ARG_DEPENDS})
  if(TARGET optimc-pch)
    target_precompile_headers(${name} REUSE_FROM optimc-pch)
  endif()
endfunction()
