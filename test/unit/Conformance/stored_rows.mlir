// Blocks with one exponent beside rows and columns, which cut them; rings of
// such blocks and of scalars. No means: those of an empty tensor are NaN, whose
// sign is not promised.
optim.optimizer @stored_rows(%p, %g)
    hyper(%lr = 0.01 in [0, inf))
    state(%m "exp_avg", %v "exp_avg_sq", %old "old" slots 3, %r "row_avg" : row, %c "col_avg" : col,
          %n "norms" : tensor slots 2)
    storage("exp_avg" = q8, "exp_avg_sq" = q8_sr unsigned, "old" = q8) {
  %m_t  = ema %m, %g decay 0.9
  %g2   = expr %g * %g
  %v_t  = ema %v, %g2 decay 0.9
  %rows = reduce sum_sq %m_t to row
  %r_t  = ema %r, %rows decay 0.5
  %cols = reduce max_abs %old to col
  %c_t  = ema %c, %cols decay 0.5
  %u    = expr %m_t / (sqrt(%v_t) + sqrt(%r_t) + %c_t + 1e-3)
  %norm = reduce sum_sq %u to tensor
  %p_t  = expr %p - %lr * (%u + 0.25 * %old) / (1 + sqrt(%norm) + sqrt(%n))
  commit %p = %p_t, %m = %m_t, %v = %v_t, %old = %g, %r = %r_t, %c = %c_t, %n = %norm
}
