// SGD with momentum: Sutskever, Martens, Dahl, Hinton, "On the importance of
// initialization and momentum in deep learning", ICML 2013, in the form of
// torch.optim.SGD: the buffer is a sum, and starts as the first gradient.
//
//   g <- g + weight_decay p
//   b <- g in the first step, else momentum b + (1 - dampening) g
//   u = g + momentum b with nesterov, else b;   u = g without momentum
//   p <- p - lr u
//
// Differences:
// - torch starts the buffer when it meets a parameter's first gradient; here
//   that is the first step of its clock (t = 1), which is the same unless
//   momentum was 0 then and is raised later: the buffer then starts from 0.
// - torch refuses nesterov with dampening; here dampening applies.
// - optax.sgd has no dampening and starts from 0, which is the same without it.
// - Weight decay is added to the gradient (L2), as torch does.
// - Without momentum the buffer is neither read nor written; with
//   --freeze momentum=0 it does not exist.
optim.optimizer @sgd(%p, %g)
    hyper(%lr = 1e-3 in [0, inf), %momentum = 0.9 in [0, inf), %dampening = 0,
          %nesterov = 0 in [0, 1] integer, %weight_decay = 0 in [0, inf))
    state(%b "momentum_buffer") {
  %zero    = constant 0
  %one     = constant 1
  %t       = t
  %first   = cmp eq %t, %one
  %plain   = cmp eq %momentum, %zero
  %looks   = cmp ne %nesterov, %zero
  %g_wd    = mix 1 * %g + %weight_decay * %p
  %b_sum   = expr %momentum * %b + (1 - %dampening) * %g_wd
  %b_t     = select %first, %g_wd, %b_sum
  %ahead   = expr %g_wd + %momentum * %b_t
  %u_b     = select %looks, %ahead, %b_t
  %u       = select %plain, %g_wd, %u_b
  %p_t     = expr %p - %lr * %u
  %b_kept  = select %plain, %b, %b_t
  commit %p = %p_t, %b = %b_kept
}
