//===- Passes.td - from the optim dialect to programs -*- tablegen -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_CONVERSION_PASSES_TD
#define OPTIMC_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def OptimToArith : Pass<"optim-to-arith", "optim::OptimizerOp"> {
  let summary = "Write the bodies of hosts and kernels in arith";
  let description = [{
    Hosts compute in f64, kernels in f32, predicates are i1; arguments change
    their types alike. Every op rounds once and no fastmath flag is set: `fma` is
    fused in f32 and two operations in f64, `min` and `max` are IEEE-2019, sign
    operations work on bits, elementary functions are emitted as straight-line
    code, and `random` as integer arithmetic on arguments that are added for the
    element's index and the keys. The only `math` ops are fma (f32) and sqrt.

    Before:
    ```mlir
    %p_t = kernel 0 streams(%p, %g) scalars(%step) {
    ^bb0(%p: !optim.element, %g: !optim.element, %step: !optim.group):
      %p_t = fma %step, %g, %p
      yield %p_t
    } : !optim.element
    ```
    After:
    ```mlir
    %p_t = kernel 0 streams(%p, %g) scalars(%step) {
    ^bb0(%p: f32, %g: f32, %step: f32):
      %0 = math.fma %step, %g, %p : f32
      yield %0 : f32
    } : !optim.element
    ```
    Ops that an earlier pass should have expanded or outlined are errors.
  }];
  let dependentDialects = ["mlir::arith::ArithDialect",
                           "mlir::math::MathDialect", "optim::OptimDialect"];
}

def OptimExpandStorage : Pass<"optim-expand-storage", "optim::OptimizerOp"> {
  let summary = "Decode and encode what kernels load and store";
  let description = [{
    Kernels compute in float32. Where the storage plan has another format, the
    body gets what is in memory as integers, decodes it, and encodes what it
    yields, by integer arithmetic on each element (docs/Numerics.md). Block
    formats need the largest magnitude of a block: `block_max`. Stochastic
    rounding takes bits of the hash that `random` uses, with ids that `random`
    cannot have.

    Before, with `storage(param = bf16)`:
    ```mlir
    %p_t = kernel 0 streams(%p, %g) scalars(%lr) {
    ^bb0(%p: f32, %g: f32, %lr: f32):
      %r = math.fma %lr, %g, %p : f32
      yield %r : f32
    } : !optim.element
    ```
    After (the encoding is shortened):
    ```mlir
    %p_t = kernel 0 streams(%p, %g) scalars(%lr) {
    ^bb0(%p: i16, %g: f32, %lr: f32):
      %c16 = arith.constant 16 : i32
      %0 = arith.extui %p : i16 to i32
      %1 = arith.shli %0, %c16 : i32
      %2 = arith.bitcast %1 : i32 to f32
      %r = math.fma %lr, %g, %2 : f32
      ...
      %8 = arith.trunci %7 : i32 to i16
      yield %8 : i16
    } : !optim.element {optim.formats = [...]}
    ```
  }];
  let dependentDialects = ["mlir::arith::ArithDialect", "optim::OptimDialect"];
}

def OptimKernelToCPU : Pass<"optim-kernel-to-cpu", "mlir::ModuleOp"> {
  let summary = "Write kernels as loops over memory";
  let description = [{
    Adds, for each variant that moves elements, one function
    `void(const optimc_run *, int64_t)` (optimc-c/Program.h): a loop over runs,
    in it a loop over vectors of 16 elements, which suits every instruction set,
    and an exact scalar loop for the rest, cloned from the same body. Per run,
    streams and scalars are loaded, and what does not depend on the element is
    computed, once, and the first 256 bytes of each stream two runs ahead are
    prefetched. Every iteration loads before it stores and prefetches each
    stream 2048 bytes ahead. A state that keeps its value is not stored, a
    stream without use not loaded. The optimizer itself stays as it is.

    Before:
    ```mlir
    optim.optimizer @sgd(%p, %g) hyper(%lr = 1e-3) {
      %p_t = kernel 0 streams(%p, %g) scalars(%lr) {
      ^bb0(%x: f32, %y: f32, %s: f32):
        %n = arith.negf %s : f32
        %r = math.fma %n, %y, %x : f32
        yield %r : f32
      } : !optim.element
      commit %p = %p_t
    }
    ```
    After (shortened), beside it:
    ```mlir
    llvm.func internal @sgd.step.0(%runs: !llvm.ptr, %count: i64) {
      scf.for %run = ... {
        %s = llvm.load ... : !llvm.ptr -> f32
        %n = arith.negf %s : f32
        %nv = vector.broadcast %n : f32 to vector<16xf32>
        scf.for %i = %c0 to %whole step %c16 : i64 {
          "llvm.intr.prefetch"(...) ...
          %x = llvm.load %p {alignment = 4} : !llvm.ptr -> vector<16xf32>
          %y = llvm.load %g {alignment = 4} : !llvm.ptr -> vector<16xf32>
          %r = math.fma %nv, %y, %x : vector<16xf32>
          llvm.store %r, %p {alignment = 4} : vector<16xf32>, !llvm.ptr
        }
        scf.for %i = %whole to %count step %c1 : i64 { ... }
      }
    }
    ```
  }];
  let dependentDialects = ["mlir::arith::ArithDialect",
    "mlir::LLVM::LLVMDialect", "mlir::math::MathDialect",
    "mlir::scf::SCFDialect", "mlir::vector::VectorDialect"];
}

def OptimCarryIndices : Pass<"optim-carry-indices", "mlir::ModuleOp"> {
  let summary = "Carry vectors of indices from iteration to iteration";
  let description = [{
    In loops, replaces sums of a broadcast scalar that grows evenly and of
    constant lanes by a vector that the loop carries and adds a constant to: one
    operation instead of a move between register files, a broadcast and a sum.
    The keyed hash of stochastic rounding begins with such a sum.

    Before:
    ```mlir
    scf.for %i = %c0 to %n step %c16 : i64 {
      %j = arith.trunci %i : i64 to i32
      %wide = vector.broadcast %j : i32 to vector<16xi32>
      %index = arith.addi %wide, %lanes : vector<16xi32>
      ...
    }
    ```
    After:
    ```mlir
    %wide = vector.broadcast %c0_i32 : i32 to vector<16xi32>
    %first = arith.addi %wide, %lanes : vector<16xi32>
    scf.for %i = %c0 to %n step %c16 iter_args(%index = %first) : i64 {
      ...
      %next = arith.addi %index, %sixteen : vector<16xi32>
      scf.yield %next : vector<16xi32>
    }
    ```
  }];
  let dependentDialects = ["mlir::arith::ArithDialect",
    "mlir::scf::SCFDialect", "mlir::vector::VectorDialect"];
}

def OptimKernelToGPU : Pass<"optim-kernel-to-gpu", "mlir::ModuleOp"> {
  let summary = "Write kernels as code for blocks of GPU threads";
  let description = [{
    Adds, for each optimizer, a module with one kernel per phase of each variant
    and one per entry that evaluates scalar functions (optimc-c/Gpu.h). A kernel
    is a loop over items, one block of 256 threads each. A thread takes vectors of
    adjacent elements, 16 bytes of the widest stream, and as many at once as it
    needs to have 64 bytes on their way; all loads of an iteration come before its
    first operation, all stores last. What does not fit, or is not aligned, is
    computed one element at a time by ops that are cloned from the same body.

    Before:
    ```mlir
    optim.optimizer @sgd(%p, %g) hyper(%lr = 1e-3) {
      %p_t = kernel 0 streams(%p, %g) scalars(%lr) { ... } : !optim.element
      commit %p = %p_t
    }
    ```
    After (shortened), beside it:
    ```mlir
    module @sgd.gpu attributes {optim.gpu = "sgd"} {
      llvm.func @sgd_step_0_0(%tensors: !llvm.ptr<1>, %items: !llvm.ptr<1>,
          %n: i32, %mask: i64, %value: i64)
          attributes {nvvm.kernel, nvvm.maxntid = array<i32: 256>} {
        scf.for %item = %block to %n step %blocks : i64 {
          scf.if %ours {
            scf.for %i = %first to %whole step %c1024 : i32 {
              %x = llvm.load %p {alignment = 16} : !llvm.ptr<1> -> vector<4xf32>
              %y = llvm.load %g {alignment = 16} : !llvm.ptr<1> -> vector<4xf32>
              %r = math.fma %nv, %y, %x : vector<4xf32>
              llvm.store %r, %p {alignment = 16} : vector<4xf32>, !llvm.ptr<1>
            }
            scf.for %i = %rest to %count step %c256 : i32 { ... }
          }
        }
      }
      llvm.func @sgd_step_evaluate(...) attributes {nvvm.kernel} { ... }
    }
    ```
  }];
  let dependentDialects = ["mlir::arith::ArithDialect",
    "mlir::LLVM::LLVMDialect", "mlir::math::MathDialect",
    "mlir::NVVM::NVVMDialect", "mlir::scf::SCFDialect",
    "mlir::vector::VectorDialect"];
}

def OptimEmitPTX : Pass<"optim-emit-ptx", "mlir::ModuleOp"> {
  let summary = "Replace modules of GPU kernels by PTX texts";
  let description = [{
    For each module that `optim-kernel-to-gpu` made, and that holds nothing but the
    llvm and nvvm dialects by now, one constant with the PTX of each architecture.
    Texts that would round otherwise than the rest of the program, or would be
    slow, are errors (include/optimc/Target/PTX.h).

    Before:
    ```mlir
    module @sgd.gpu attributes {optim.gpu = "sgd"} { llvm.func ... }
    ```
    After:
    ```mlir
    llvm.mlir.global internal constant @sgd.ptx.sm_80("...")
      {optim.ptx = ["sgd", 80 : i32, 70 : i32]}
    ```
  }];
  let options = [ListOption<"gpus", "gpus", "std::string",
    "architectures: sm_80 or later">];
  let dependentDialects = ["mlir::LLVM::LLVMDialect"];
}

def OptimMultiversion : Pass<"optim-multiversion", "mlir::ModuleOp"> {
  let summary = "Clone kernels per instruction set";
  let description = [{
    Replaces each kernel function by one clone per instruction set, best first,
    with explicit `target_features`, so that one module and one target machine
    compile all of them. The baseline, which runs on every machine, is always
    there and always the last.

    Before:
    ```mlir
    llvm.func internal @sgd.step.0(...) { ... }
    ```
    After:
    ```mlir
    llvm.func internal @"sgd.step.0.x86-64-v4"(...) attributes {
        prefer_vector_width = "512",
        target_features = #llvm.target_features<[..., "+avx512f", ...]>} { ... }
    llvm.func internal @"sgd.step.0.x86-64-v3"(...) ...
    llvm.func internal @sgd.step.0.baseline(...) { ... }
    ```
  }];
  let options = [ListOption<"cpus", "cpus", "std::string",
    "instruction sets: x86-64-v4, x86-64-v3, baseline (default: all)">];
  let dependentDialects = ["mlir::LLVM::LLVMDialect"];
}

def OptimExpandFMA : Pass<"optim-expand-fma", "mlir::ModuleOp"> {
  let summary = "Compute fused multiply-adds exactly without the instruction";
  let description = [{
    In functions whose `target_features` lack `+fma`, replaces `math.fma` over
    float32 by calls of an internal function that computes it in float64, with
    the same bits for every input, NaN aside: the product is exact, the sum is
    rounded to odd, and one rounding to float32 remains. Otherwise LLVM would
    call the `fmaf` of a library.

    Before:
    ```mlir
    %r = math.fma %a, %b, %c : f32
    ```
    After (shortened):
    ```mlir
    %r = llvm.call @optimc.fma.scalar(%a, %b, %c) : (f32, f32, f32) -> f32
    ...
    llvm.func internal @optimc.fma.scalar(%a: f32, %b: f32, %c: f32) -> f32 {
      %p = arith.mulf %a64, %b64 : f64         // exact
      %s = arith.addf %p, %c64 : f64
      %e = ...                                 // p + c - s, exact
      %odd = ...                               // s, or its odd neighbour towards e
      %r = arith.truncf %odd : f64 to f32
      llvm.return %r : f32
    }
    ```
  }];
  let dependentDialects = ["mlir::arith::ArithDialect",
    "mlir::LLVM::LLVMDialect", "mlir::math::MathDialect"];
}

def OptimShuffleHalves : Pass<"optim-shuffle-halves", "mlir::ModuleOp"> {
  let summary = "Decode and encode bfloat16 with fewer operations on AVX2";
  let description = [{
    In functions with `+avx2` and without `+avx512bw`, over vectors of 16: loads
    that become upper halves of wider elements turn into two broadcasting loads
    and a shuffle of bytes each, instead of two conversions and shifts; and the
    select that stores one NaN for all becomes a mask of what is rounded, where
    that is the result of arithmetic. Same bits.

    Before:
    ```mlir
    %halves = llvm.load %p : !llvm.ptr -> vector<16xi16>
    %wide = arith.extui %halves : vector<16xi16> to vector<16xi32>
    %bits = arith.shli %wide, %sixteen : vector<16xi32>
    ...
    %sum = arith.addi %new_bits, %draw : vector<16xi32>
    %upper = arith.shrui %sum, %sixteen : vector<16xi32>
    %code = arith.select %is_nan, %quiet_nan, %upper
    ```
    After (shortened):
    ```mlir
    %low = llvm.load %p : !llvm.ptr -> vector<8xi16>
    %twice = llvm.shufflevector %low, %low [0, ..., 7, 0, ..., 7]
    %spread = llvm.shufflevector %twice, %zeros [16, 0, 16, 1, ..., 16, 15]
    %first = llvm.bitcast %spread : vector<16xi16> to vector<8xi32>
    ...                                            // likewise %second
    %bits = llvm.shufflevector %first, %second [0, 1, ..., 15]
    ...
    %kept = arith.select %is_number, %all_bits, %bits_of_quiet_nan
    %masked = arith.andi %new_bits, %kept : vector<16xi32>
    %sum = arith.addi %masked, %draw : vector<16xi32>
    %code = arith.shrui %sum, %sixteen : vector<16xi32>
    ```
  }];
  let dependentDialects = ["mlir::arith::ArithDialect",
    "mlir::LLVM::LLVMDialect"];
}

def OptimEmitProgram : Pass<"optim-emit-program", "mlir::ModuleOp"> {
  let summary = "Write the program's tables and exported functions";
  let description = [{
    Replaces each optimizer by what optimc-c/Program.h and the emitted header
    declare: constant tables, scalar functions, `optimc_program_NAME`, which
    returns the tables, and `NAME_step`, the whole step in one plain function.
    Those two are exported; everything else is internal.

    Before:
    ```mlir
    optim.optimizer @sgd(%p, %g) hyper(%lr = 1e-3 in [0, inf)) { ... }
    llvm.func internal @"sgd.step.0.x86-64-v4"(...) ...
    ```
    After (shortened):
    ```mlir
    llvm.mlir.global internal constant @sgd.program() : !llvm.struct<(...)> { ... }
    llvm.func @optimc_program_sgd(%max_abi: i32) -> !llvm.ptr { ... }
    llvm.func @sgd_step(%hyper: !llvm.ptr, %t: i64, %n: i64, %p: !llvm.ptr,
                        %g: !llvm.ptr) { ... }
    llvm.func internal @sgd.step.group(%args: !llvm.ptr) { ... }
    ```
    PTX texts of `optim-emit-ptx` become part of the tables.
  }];
  let dependentDialects = ["mlir::arith::ArithDialect",
    "mlir::LLVM::LLVMDialect", "mlir::scf::SCFDialect"];
}

#endif // OPTIMC_CONVERSION_PASSES_TD
