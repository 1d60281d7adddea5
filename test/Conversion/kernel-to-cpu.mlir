// RUN: optim-opt %s --optim-kernel-to-cpu --split-input-file | FileCheck %s
// RUN: optim-opt %s --optim-kernel-to-cpu --split-input-file -o /dev/null \
// RUN:   --remarks-filter="optim-kernel-to-cpu" 2>&1 | FileCheck %s --check-prefix=REMARK

// The optimizer stays; the kernel is written beside it.
// CHECK-LABEL: optim.optimizer @sgd
// CHECK:         kernel 0 streams
// CHECK-LABEL: llvm.func internal @sgd.step.0(%{{.*}}: !llvm.ptr, %{{.*}}: i64)
// CHECK-SAME:    dso_local
// CHECK-SAME:    optim.code = {entry = 0 : i64, isa = 0 : i64, optimizer = "sgd", phase = 0 : i64, reads = 3 : i64, variant = 0 : i64, writes = 1 : i64}
// CHECK:         scf.for
// One run: streams, range, scalars; then what does not depend on the element.
// CHECK:           %[[LR:.*]] = llvm.load %{{.*}} : !llvm.ptr -> f32
// CHECK:           %[[NEG:.*]] = arith.negf %[[LR]] : f32
// CHECK:           %[[V:.*]] = vector.broadcast %[[NEG]] : f32 to vector<16xf32>
// CHECK:           scf.for
// CHECK-COUNT-2:     "llvm.intr.prefetch"
// CHECK:             %[[P:.*]] = llvm.load %{{.*}} {alignment = 4 : i64} : !llvm.ptr -> vector<16xf32>
// CHECK:             %[[G:.*]] = llvm.load %{{.*}} {alignment = 4 : i64} : !llvm.ptr -> vector<16xf32>
// CHECK:             %[[R:.*]] = math.fma %[[V]], %[[G]], %[[P]] : vector<16xf32>
// CHECK:             llvm.store %[[R]], %{{.*}} {alignment = 4 : i64} : vector<16xf32>, !llvm.ptr
// Scalars are loaded again: they shall take no registers in the vector loop.
// CHECK:           %[[LR2:.*]] = llvm.load %{{.*}} : !llvm.ptr -> f32
// CHECK:           %[[NEG2:.*]] = arith.negf %[[LR2]] : f32
// CHECK:           scf.for
// CHECK-NOT:         prefetch
// CHECK:             math.fma %[[NEG2]], %{{.*}}, %{{.*}} : f32
// CHECK:             llvm.store %{{.*}} : f32, !llvm.ptr
// REMARK: one pass per element: 2 streams read, 1 written, 0 reduced
optim.optimizer @sgd(%p, %g) hyper(%lr = 1e-3 in [0, inf)) {
  %rate = host group 0 (%lr) {
  ^bb0(%x: f64):
    yield %x : f64
  } : !optim.group
  %p_t = kernel 0 streams(%p, %g) scalars(%rate) {
  ^bb0(%x: f32, %y: f32, %s: f32):
    %n = arith.negf %s : f32
    %r = math.fma %n, %y, %x : f32
    yield %r : f32
  } : !optim.element
  commit %p = %p_t
}

// -----

// A predicate is a scalar that is not zero; uniform selects keep one mask. The
// unused stream is not loaded, the stream that keeps its value not stored.
// CHECK-LABEL: llvm.func internal @gated.step.0
// CHECK-SAME:    reads = 3 : i64, variant = 0 : i64, writes = 4 : i64
// CHECK:         %[[ON:.*]] = arith.cmpf une, %{{.*}}, %{{.*}} : f32
// CHECK:         %[[WIDE:.*]] = arith.extsi %[[ON]] : i1 to i32
// CHECK:         %[[LANES:.*]] = vector.broadcast %[[WIDE]] : i32 to vector<16xi32>
// CHECK:         %[[MASK:.*]] = arith.cmpi ne, %[[LANES]], %{{.*}} : vector<16xi32>
// CHECK:         scf.for
// CHECK-COUNT-2:   llvm.load %{{.*}} : !llvm.ptr -> vector<16xf32>
// CHECK:           arith.select %[[MASK]], %{{.*}}, %{{.*}} : vector<16xi1>, vector<16xf32>
// CHECK:         scf.for
// CHECK:           arith.select %[[ON]], %{{.*}}, %{{.*}} : f32
optim.optimizer @gated(%p, %g) state(%m "momentum") input(%f "found_inf" : model = 0) {
  %ok = host model 0 (%f) {
  ^bb0(%x: f64):
    %zero = arith.constant 0.0 : f64
    %c = arith.cmpf oeq, %x, %zero : f64
    yield %c : i1
  } : !optim.pred<model>
  %m_t = kernel 0 streams(%p, %g, %m) scalars(%ok) {
  ^bb0(%x: f32, %y: f32, %unused: f32, %on: i1):
    %r = arith.select %on, %x, %y : f32
    yield %r : f32
  } : !optim.element
  commit %p = %p, %m = %m_t
}

// -----

// Two variants: the first has a kernel, the second moves nothing.
// CHECK-LABEL: llvm.func internal @two.step.0
// CHECK-NOT:   llvm.func internal @two.step.1
// REMARK: variant 1 of 'step' moves no element: no kernel
optim.optimizer @two(%p, %g) hyper(%k = 2) {
  %last = host group 0 (%k) {
  ^bb0(%x: f64):
    %one = arith.constant 1.0 : f64
    %c = arith.cmpf ogt, %x, %one : f64
    yield %c : i1
  } : !optim.pred<group>
  %p_t = variants (%last) {
    %r = kernel 0 streams(%p, %g) scalars() {
    ^bb0(%x: f32, %y: f32):
      %d = arith.subf %x, %y : f32
      yield %d : f32
    } : !optim.element
    yield %r
  } case 1 == 1 else {
    yield %p
  } case 1 == 0 : !optim.element
  commit %p = %p_t
}

// -----

// `random`: the keys once per run, the index per element.
// CHECK-LABEL: llvm.func internal @noise.step.0
// CHECK:         arith.shrui
// CHECK:         %[[KV:.*]] = vector.broadcast %{{.*}} : i32 to vector<16xi32>
// CHECK:         scf.for
// CHECK:           arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]> : vector<16xi32>
// CHECK:           %[[I:.*]] = arith.addi %{{.*}}, %{{.*}} : vector<16xi32>
// CHECK:           arith.xori %[[I]], %[[KV]] : vector<16xi32>
optim.optimizer @noise(%p, %g) {
  %p_t = kernel 0 streams(%g) scalars() random(3) {
  ^bb0(%y: f32, %i: i32, %k0: i32, %k1: i32):
    %h = arith.xori %i, %k1 : i32
    %u = arith.uitofp %h : i32 to f32
    %d = arith.subf %y, %u : f32
    yield %d : f32
  } : !optim.element
  commit %p = %p_t
}
