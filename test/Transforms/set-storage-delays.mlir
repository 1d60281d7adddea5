// REQUIRES: optimc
// RUN: optimc compile %s --store states=q8 --emit=mlir --until=store -o - | FileCheck %s
// RUN: optimc compile %s --store old=bf16_sr --emit=mlir --until=store -o - | FileCheck %s --check-prefix=NAMED
// RUN: optimc compile %s --emit=mlir --until=store -o - | FileCheck %s --check-prefix=PLAIN

// What a delay keeps is a state like others where a storage plan is chosen.
// CHECK:       state(%m, %old slots 3)
// CHECK-NEXT:  input(
// CHECK-NEXT:  storage("m" = q8, "old" = q8) {
// NAMED:       storage("old" = bf16_sr) {
// PLAIN:       delay %{{.*}} by 3 "old"
optim.optimizer @rule(%p, %g) state(%m) {
  %m_t = ema %m, %g decay 0.9
  %old = delay %m_t by 3 "old"
  %p_t = expr %p - 0.01 * (%m_t - %old)
  commit %p = %p_t, %m = %m_t
}
