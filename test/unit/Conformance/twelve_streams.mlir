// Parameter, gradient and ten states: more streams than any built-in spec has.
optim.optimizer @twelve_streams(%p, %g)
    hyper(%lr = 1e-2 in [0, inf), %beta = 0.75 in [0, 1))
    state(%s1 "s1", %s2 "s2", %s3 "s3", %s4 "s4", %s5 "s5", %s6 "s6",
          %s7 "s7", %s8 "s8", %s9 "s9", %s10 "s10") {
  %n1 = ema %s1, %g decay %beta
  %n2 = ema %s2, %n1 decay %beta
  %n3 = ema %s3, %n2 decay %beta
  %n4 = ema %s4, %n3 decay %beta
  %n5 = ema %s5, %n4 decay %beta
  %n6 = ema %s6, %n5 decay %beta
  %n7 = ema %s7, %n6 decay %beta
  %n8 = ema %s8, %n7 decay %beta
  %n9 = ema %s9, %n8 decay %beta
  %n10 = ema %s10, %n9 decay %beta
  %p_t = expr %p - %lr * (%n1 + %n10)
  commit %p = %p_t, %s1 = %n1, %s2 = %n2, %s3 = %n3, %s4 = %n4, %s5 = %n5, %s6 = %n6, %s7 = %n7, %s8 = %n8, %s9 = %n9, %s10 = %n10
}
