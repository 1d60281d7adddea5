// RUN: optim-opt %s --optim-emit-ptx=gpus=sm_80 --split-input-file --verify-diagnostics
// RUN: not optim-opt --optim-emit-ptx=gpus=sm_7x /dev/null 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: 'sm_7x' is no GPU architecture; write sm_80, sm_90, sm_100 or another number without a letter after it
// RUN: not optim-opt --optim-emit-ptx=gpus=sm_75 /dev/null 2>&1 | FileCheck %s --check-prefix=OLD
// OLD: 'sm_75' is too old: kernels need sm_80 or later
// RUN: not optim-opt --optim-emit-ptx=gpus=sm_987 /dev/null 2>&1 | FileCheck %s --check-prefix=NEW
// NEW: LLVM does not know 'sm_987'; PTX for an older one, such as sm_90, runs there, too
// RUN: not optim-opt --optim-emit-ptx="gpus=sm_80,sm_90,sm_80" /dev/null 2>&1 | FileCheck %s --check-prefix=TWICE
// TWICE: GPU architecture 'sm_80' is listed twice

module {
  module @call.gpu attributes {optim.gpu = "call"} {
    // expected-error @below {{GPU code needs 'expf' from elsewhere}}
    llvm.func @expf(f32) -> f32
  }
}

// -----

module {
  module @exp.gpu attributes {optim.gpu = "exp"} {
    llvm.func @k(%x: !llvm.ptr<1>) attributes {nvvm.kernel, optim.ptx_kernel = array<i32: 0>} {
      %a = llvm.load %x : !llvm.ptr<1> -> f32
      // expected-error @below {{'llvm.intr.exp' has no instructions in PTX}}
      %b = llvm.intr.exp(%a) : (f32) -> f32
      llvm.store %b, %x : f32, !llvm.ptr<1>
      llvm.return
    }
  }
}

// -----

// What loads through a generic pointer, or in float64, or in single elements
// where vectors were promised, is not what a kernel must be.
module {
  // expected-error @below {{sm_80: the PTX of 'k' has an access to generic memory: 'ld.b32}}
  module @generic.gpu attributes {optim.gpu = "generic"} {
    llvm.func @k(%x: !llvm.ptr<1>, %from: !llvm.ptr<1>) attributes {nvvm.kernel, optim.ptx_kernel = array<i32: 0>} {
      %p = llvm.load %from : !llvm.ptr<1> -> !llvm.ptr
      %a = llvm.load %p : !llvm.ptr -> f32
      llvm.store %a, %x : f32, !llvm.ptr<1>
      llvm.return
    }
  }
}

// -----

module {
  // expected-error @below {{sm_80: the PTX of 'k' computes in float64: 'add.rn.f64}}
  module @double.gpu attributes {optim.gpu = "double"} {
    llvm.func @k(%x: !llvm.ptr<1>) attributes {nvvm.kernel, optim.ptx_kernel = array<i32: 0>} {
      %a = llvm.load %x : !llvm.ptr<1> -> f64
      %b = llvm.fadd %a, %a : f64
      llvm.store %b, %x : f64, !llvm.ptr<1>
      llvm.return
    }
  }
}

// -----

module {
  // expected-error @below {{needs at least 1 loads and 1 stores of 16 bytes, but has 0 and 0}}
  module @narrow.gpu attributes {optim.gpu = "narrow"} {
    llvm.func @k(%x: !llvm.ptr<1>) attributes {nvvm.kernel, optim.ptx_kernel = array<i32: 0, 16, 1, 1>} {
      %a = llvm.load %x {alignment = 4 : i64} : !llvm.ptr<1> -> vector<4xf32>
      llvm.store %a, %x {alignment = 4 : i64} : vector<4xf32>, !llvm.ptr<1>
      llvm.return
    }
  }
}
