// Adafactor: Shazeer, Stern, "Adafactor: Adaptive Learning Rates with Sublinear
// Memory Cost", ICML 2018, Algorithms 4 and 5, as torch.optim.Adafactor does. A
// matrix keeps the mean squares of its rows (R) and columns (C), a vector those
// of all elements (V). A tensor of higher rank is a batch of matrices, its last
// two dimensions.
//
//   w = t^beta2_decay,   R <- R + w (mean of g^2 in each row - R),   C likewise
//   V = R C / mean(R),   u = g / sqrt(V),   u <- u / max(1, RMS(u) / d)
//   alpha = max(eps2, RMS(p)) min(lr, 1 / sqrt(t))
//   p <- p - alpha u - lr weight_decay p
//
// mean(R) is that of each matrix, both RMS are those of the whole tensor.
//
// Differences:
// - As in torch, eps1 bounds mean(R) and sqrt(V) from below; the paper adds it,
//   1e-30, to g^2. torch's default is the eps of the parameter's type; here it
//   is that of float32.
// - As in torch, weight decay has the rate lr, not alpha.
// - optax takes the two largest dimensions for the matrix, if both are at least
//   128; Hugging Face's takes the last two, as here.
// - The means are float64 numbers of one fixed order, rounded to float32 once.
optim.optimizer @adafactor(%p, %g)
    hyper(%lr = 1e-2 in [0, inf), %beta2_decay = -0.8 in (-inf, 0], %eps1 = 1.1920928955078125e-7 in [0, inf),
          %eps2 = 1e-3 in [0, inf), %d = 1 in [1, inf), %weight_decay = 0 in [0, inf))
    state(%r "row_var" : row, %c "col_var" : col, %v "variance") {
  // Once per step and group, in float64.
  %t     = t
  %w     = expr pow(%t, %beta2_decay)
  %rho   = expr min(%lr, 1 / sqrt(%t))
  %least = expr %eps1 * %eps1
  %g2    = expr %g * %g
  %s, %r_t, %c_t, %v_t = case rank >= 2 {
    %rows = reduce mean %g2 to row
    %cols = reduce mean %g2 to col
    %r_n  = lerp %r, %rows weight %w
    %c_n  = lerp %c, %cols weight %w
    // Every column gets the mean of its matrix.
    %r_e  = broadcast %r_n to element
    %mean = reduce mean %r_e to col
    %s_n  = expr %r_n * (%c_n / max(%mean, %eps1))
    yield %s_n, %r_n, %c_n, %v
  } else {
    %v_n  = lerp %v, %g2 weight %w
    yield %v_n, %r, %c, %v_n
  }
  %u     = expr %g / sqrt(max(%s, %least))
  // Once per tensor, in float64.
  %u_ms  = reduce mean_sq %u to tensor
  %p_ms  = reduce mean_sq %p to tensor
  %alpha = expr max(%eps2, sqrt(%p_ms)) * %rho / max(1, sqrt(%u_ms) / %d)
  %decay = expr %lr * %weight_decay
  %p_t   = expr %p - (%alpha * %u + %decay * %p)
  commit %p = %p_t, %r = %r_t, %c = %c_t, %v = %v_t
}
