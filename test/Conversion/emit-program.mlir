// RUN: optim-opt %s --optim-kernel-to-cpu --optim-multiversion --optim-expand-fma \
// RUN:   --optim-emit-program | FileCheck %s
// RUN: optim-opt %s --optim-kernel-to-cpu --optim-multiversion --optim-expand-fma \
// RUN:   --optim-emit-program --convert-scf-to-cf --convert-to-llvm \
// RUN:   --reconcile-unrealized-casts | FileCheck %s --check-prefix=LLVM

// The optimizer is gone; kernels are not inlined and call no library.
// CHECK-NOT:   optim.
// CHECK-LABEL: llvm.func internal @"opt.step.0.x86-64-v4"
// CHECK-SAME:    passthrough = ["nounwind", "no-builtins", "noinline"]

// The group's function: frames in, frames out.
// CHECK-LABEL: llvm.func internal @opt.step.group(%{{.*}}: !llvm.ptr)
// CHECK:         arith.addf %{{.*}}, %{{.*}} : f64
// CHECK:         %[[F:.*]] = arith.truncf %{{.*}} : f64 to f32
// CHECK:         llvm.store %[[F]]
// CHECK:         arith.ori
// CHECK:         llvm.return

// CHECK-LABEL: llvm.func internal @optimc.isa() -> i64
// CHECK:         llvm.inline_asm has_side_effects "cpuid"
// CHECK:         scf.if
// CHECK:           llvm.inline_asm has_side_effects "xgetbv"

// Exported: hyper, t, n, p, g, the element states, the scalar state, the input.
// CHECK-LABEL: llvm.func @opt_step(
// CHECK-SAME:    !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: f64)
// CHECK-SAME:    passthrough = ["nounwind", "no-builtins"]}
// CHECK:         "llvm.x86.sse.stmxcsr"
// CHECK:         "llvm.x86.sse.ldmxcsr"
// CHECK:         llvm.call @opt.step.group
// CHECK:         llvm.call @optimc.isa
// CHECK:         "llvm.x86.sse.ldmxcsr"

// CHECK:       llvm.mlir.global internal constant @opt.hypers()
// CHECK:       llvm.mlir.global internal constant @opt.program()
// CHECK-LABEL: llvm.func @optimc_program_opt(%{{.*}}: i32) -> !llvm.ptr
// CHECK:         arith.cmpi uge

// LLVM-NOT: {{(arith|math|scf|vector|cf|builtin)\.}}
// LLVM:     llvm.func @optimc_program_opt
optim.optimizer @opt(%p, %g) hyper(%lr = 1e-3 in (0, inf), %k = 2 in [1, inf) integer)
    state(%m "exp_avg", %c "count" : group = 1) input(%s "scale" : model) {
  %t = t
  %rate, %last, %c_t = host group 0 (%lr, %k, %s, %t, %c) {
  ^bb0(%x: f64, %y: f64, %z: f64, %n: f64, %old: f64):
    %r = arith.mulf %x, %z : f64
    %b = arith.cmpf ogt, %n, %y : f64
    %new = arith.addf %old, %r : f64
    yield %r, %b, %new : f64, i1, f64
  } : !optim.group, !optim.pred<group>, !optim.group
  %p_t, %m_t = variants (%last) {
    %a, %b = kernel 0 streams(%p, %g, %m) scalars(%rate) {
    ^bb0(%x: f32, %y: f32, %z: f32, %s0: f32):
      %n = math.fma %s0, %y, %z : f32
      %q = arith.subf %x, %n : f32
      yield %q, %n : f32, f32
    } : !optim.element, !optim.element
    yield %a, %b
  } case 1 == 1 else {
    %b = kernel 0 streams(%g, %m) scalars(%rate) {
    ^bb0(%y: f32, %z: f32, %s0: f32):
      %n = math.fma %s0, %y, %z : f32
      yield %n : f32
    } : !optim.element
    yield %p, %b
  } case 1 == 0 : !optim.element, !optim.element
  commit %p = %p_t, %m = %m_t, %c = %c_t, "rate" = %rate
}
