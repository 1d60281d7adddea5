// RUN: optim-opt %s --optim-emit-ptx="gpus=sm_90,sm_80" | FileCheck %s
// RUN: optim-opt %s --optim-emit-ptx="gpus=sm_90,sm_80" -o /dev/null \
// RUN:   --remarks-filter="optim-emit-ptx" 2>&1 | FileCheck %s --check-prefix=REMARK

// One text per architecture, the oldest first; the module is gone.
// CHECK:     llvm.mlir.global internal constant @small.ptx.sm_80("{{.*}}.version 7.0{{.*}}.target sm_80{{.*}}.entry copy{{.*}}ld.global.b32{{.*}}\00")
// CHECK-SAME:  optim.ptx = ["small", 80 : i32, 70 : i32]
// CHECK:     llvm.mlir.global internal constant @small.ptx.sm_90("{{.*}}.version 7.8{{.*}}.target sm_90{{.*}}\00")
// CHECK-SAME:  optim.ptx = ["small", 90 : i32, 78 : i32]
// CHECK-NOT: nvvm.kernel
// REMARK: 1 kernels for sm_80, PTX 7.0
// REMARK: 1 kernels for sm_90, PTX 7.8
module {
  module @small.gpu attributes {optim.gpu = "small"} {
    llvm.func @copy(%to: !llvm.ptr<1>, %from: !llvm.ptr<1>)
        attributes {nvvm.kernel, optim.ptx_kernel = array<i32: 0, 4, 1, 1>} {
      %x = llvm.load %from : !llvm.ptr<1> -> f32
      llvm.store %x, %to : f32, !llvm.ptr<1>
      llvm.return
    }
  }
}
