// RUN: %python %S/check-diagnostics %s -- optim-opt
// Storage plans.

// storage_c1
optim.optimizer @a(%p, %g) state(%m "exp_avg")
  storage(param = bf17) {
//                ^ error: 'bf17' is not a storage format; did you mean 'bf16'?
  commit %p = %p
}

// -----

// storage_c1: a name without a near one
optim.optimizer @a(%p, %g) state(%m "exp_avg")
  storage(param = int8block) {
//                ^ error: 'int8block' is not a storage format; use f32, bf16, bf16_sr, f16, q8, q8_sr, split
  commit %p = %p
}

// -----

// storage_c2: bare names are param and grad
optim.optimizer @a(%p, %g) state(%m "exp_avg")
  storage(exp_avg = q8) {
//        ^ error: a stream is param, grad or the quoted name of a state or input
  commit %p = %p
}

// -----

// storage_c2
optim.optimizer @a(%p, %g)
// @1 error: storage of 'exp_avgs', which is no stream; did you mean 'exp_avg'?
    state(%m "exp_avg", %n "mean_norm" : group, %r "row_avg" : row) input(%h "hessian" : element)
    storage("exp_avgs" = q8) {
  commit %p = %p
}

// -----

// storage_c3
optim.optimizer @a(%p, %g)
// @1 error: storage of "param" is given twice
    state(%m "exp_avg", %n "mean_norm" : group, %r "row_avg" : row) input(%h "hessian" : element)
    storage(param = bf16, param = f32) {
  commit %p = %p
}

// -----

// storage_c4
optim.optimizer @a(%p, %g)
// @1 error: state 'mean_norm' is per group, so it is stored as f64
    state(%m "exp_avg", %n "mean_norm" : group, %r "row_avg" : row) input(%h "hessian" : element)
    storage("mean_norm" = bf16) {
  commit %p = %p
}

// -----

// storage_c4: row values are float32
optim.optimizer @a(%p, %g)
// @1 error: state 'row_avg' is per row, so it is stored as f32
    state(%m "exp_avg", %n "mean_norm" : group, %r "row_avg" : row) input(%h "hessian" : element)
    storage("row_avg" = q8) {
  commit %p = %p
}

// -----

// storage_c5
optim.optimizer @a(%p, %g)
// @1 error: parameter 'param' cannot be stored as q8; use f32, bf16, bf16_sr, f16, split
    state(%m "exp_avg", %n "mean_norm" : group, %r "row_avg" : row) input(%h "hessian" : element)
    storage(param = q8) {
  commit %p = %p
}

// -----

// storage_c5: gradients are not written
optim.optimizer @a(%p, %g)
// @1 error: gradient 'grad' cannot be stored as bf16_sr; use f32, bf16, f16
    state(%m "exp_avg", %n "mean_norm" : group, %r "row_avg" : row) input(%h "hessian" : element)
    storage(grad = bf16_sr) {
  commit %p = %p
}

// -----

// storage_c5
optim.optimizer @a(%p, %g)
// @1 error: state 'exp_avg' cannot be stored as split; use f32, bf16, bf16_sr, f16, q8, q8_sr
    state(%m "exp_avg", %n "mean_norm" : group, %r "row_avg" : row) input(%h "hessian" : element)
    storage("exp_avg" = split) {
  commit %p = %p
}

// -----

// storage_c5
optim.optimizer @a(%p, %g)
// @1 error: input 'hessian' cannot be stored as q8; use f32, bf16, f16
    state(%m "exp_avg", %n "mean_norm" : group, %r "row_avg" : row) input(%h "hessian" : element)
    storage("hessian" = q8) {
  commit %p = %p
}

// -----

// storage_c6
optim.optimizer @a(%p, %g)
// @1 error: 'exp_avg' is stored as bf16, which always has a sign; 'unsigned' is for q8 and q8_sr
    state(%m "exp_avg", %n "mean_norm" : group, %r "row_avg" : row) input(%h "hessian" : element)
    storage("exp_avg" = bf16 unsigned) {
  commit %p = %p
}

// -----

// storage_c7
optim.optimizer @a(%p, %g)
// @1 error: 'exp_avg' is stored as q8, which takes no random bits; 'draw' is for bf16_sr and q8_sr
    state(%m "exp_avg", %n "mean_norm" : group, %r "row_avg" : row) input(%h "hessian" : element)
    storage("exp_avg" = q8 draw 0) {
  commit %p = %p
}

// -----

// storage_c7
optim.optimizer @a(%p, %g)
// @1 error: 'exp_avg' takes draw 128 of the random bits; there are 0 to 127
    state(%m "exp_avg", %n "mean_norm" : group, %r "row_avg" : row) input(%h "hessian" : element)
    storage("exp_avg" = q8_sr draw 128) {
  commit %p = %p
}

// -----

// storage_c8
optim.optimizer @a(%p, %g)
// @1 error: "param" and "exp_avg" both take draw 0 of the random bits
    state(%m "exp_avg", %n "mean_norm" : group, %r "row_avg" : row) input(%h "hessian" : element)
    storage(param = bf16_sr, "exp_avg" = bf16_sr draw 0) {
  commit %p = %p
}

// -----

// storage_c9
optim.optimizer @a(%p, %g) attributes {optim.storage = 3 : i32} {
// @1 error: 'optim.storage' is a list of #optim.storage, not 3 : i32
  commit %p = %p
}

// -----

// blockmax_c1
optim.optimizer @a(%p, %g) {
  %x = kernel 0 streams(%p) scalars() {
  ^bb0(%y: f32):
    %b = arith.bitcast %y : f32 to i32
    %t = block_max %b : i32
//       ^ error: 'block_max' stands in a kernel with the attribute 'optim.formats'
    yield %y : f32
  } : !optim.element
  commit %p = %x
}

// -----

// kernel_c6
optim.optimizer @a(%p, %g) {
  %x = kernel 0 streams(%p) scalars() {
//     ^ error: 'optim.formats' of 'kernel' is a list of 2 #optim.storage, one for each stream and result
  ^bb0(%y: f32):
    yield %y : f32
  } : !optim.element {optim.formats = [#optim.storage<name = "param", format = f32>]}
  commit %p = %x
}

// -----

// kernel_c5: what is stored
optim.optimizer @a(%p, %g) storage(param = bf16) {
  %x = kernel 0 streams(%p) scalars() {
  ^bb0(%y: i16):
    %z = arith.extui %y : i16 to i32
    yield %z : i32
//  ^ error: 'kernel' yields ('i32'), but its formats need ('i16')
  } : !optim.element {optim.formats = [#optim.storage<name = "param", format = bf16>, #optim.storage<name = "param", format = bf16>]}
  commit %p = %x
}
