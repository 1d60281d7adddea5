// RUN: optim-opt --optim-split-host --optim-specialize %s | FileCheck %s
// RUN: optim-opt --optim-split-host --optim-specialize --remarks-filter='optim-specialize' %s 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK
// RUN: optim-opt --optim-split-host --optim-specialize='max-variants=2' %s | FileCheck %s --check-prefix=TWO
// RUN: optim-opt --optim-split-host --optim-specialize='max-variants=2' --remarks-filter='optim-specialize' %s 2>&1 >/dev/null | FileCheck %s --check-prefix=TWO-REMARK

// REMARK-DAG: 'step' where not %last: reads %g, %a; writes %a
// REMARK-DAG: 'step' where %last: reads %p, %g, %a; writes %p, %a
// REMARK-DAG: 'step' where not %finite: reads nothing; writes nothing
// REMARK-DAG: %negative removes no stream; it stays a uniform select
// TWO-REMARK-DAG: %last would remove streams, but the limit of 2 variants is reached; it stays a uniform select

// Where the period does not end, the parameter is neither read nor written.
// CHECK-LABEL: optim.optimizer @accumulate(
// CHECK: %[[ZERO:.*]] = constant 0 : element
// CHECK: %{{.*}}, %[[LAST:.*]] = host group 0
// CHECK: %p_t, %a_t = variants (%[[LAST]]) {
// CHECK-NEXT: %sum = add %a, %g
// CHECK-NEXT: yield %p, %sum
// CHECK-NEXT: } case 1 == 0 else {
// CHECK-NEXT: %sum = add %a, %g
// CHECK-NEXT: %move = mul %lr{{.*}}, %sum
// CHECK-NEXT: %p_n = sub %p, %move
// CHECK-NEXT: yield %p_n, %[[ZERO]]
// CHECK-NEXT: } case 1 == 1 : !optim.element, !optim.element
// CHECK-NEXT: commit %p = %p_t, %a = %a_t
optim.optimizer @accumulate(%p, %g) hyper(%lr = 0.1, %K = 4) state(%a) {
  %zero = constant 0
  %t = t
  %phase = mod %t, %K
  %last = cmp eq %phase, %zero
  %sum = add %a, %g
  %move = mul %lr, %sum
  %p_n = sub %p, %move
  %p_t = select %last, %p_n, %p
  %a_t = select %last, %zero, %sum
  commit %p = %p_t, %a = %a_t
}

// The gate is tested first; then three variants are enough for two predicates.
// CHECK-LABEL: optim.optimizer @both(
// CHECK: variants (%last{{.*}}, %finite{{.*}}) {
// CHECK-NEXT: yield %p, %a
// CHECK-NEXT: } case 2 == 0 else {
// CHECK: } case 3 == 2 else {
// CHECK: } case 3 == 3 : !optim.element, !optim.element
// TWO-LABEL: optim.optimizer @both(
// TWO: variants (%finite{{.*}}) {
// TWO: } case 1 == 0 else {
// TWO: select %last
// TWO: } case 1 == 1
optim.optimizer @both(%p, %g) hyper(%K = 4) state(%a) input(%found_inf : model = 0) {
  %zero = constant 0
  %t = t
  %phase = mod %t, %K
  %last = cmp eq %phase, %zero
  %finite = cmp eq %found_inf, %zero
  %sum = add %a, %g
  %p_n = sub %p, %sum
  %p_s = select %last, %p_n, %p
  %a_s = select %last, %zero, %sum
  %p_t = select %finite, %p_s, %p
  %a_t = select %finite, %a_s, %a
  commit %p = %p_t, %a = %a_t
}

// Opposites are one predicate: two variants.
// CHECK-LABEL: optim.optimizer @opposites(
// CHECK: variants (%{{[a-z]*}}) {
// CHECK: } case 1 == 0 else {
// CHECK: } case 1 == 1 :
optim.optimizer @opposites(%p, %g) hyper(%x = 0) state(%a) {
  %zero = constant 0
  %is = cmp eq %x, %zero
  %differs = cmp ne %x, %zero
  %isnot = not %is
  %either = or %differs, %isnot
  %p_t = select %is, %g, %p
  %a_t = select %either, %g, %a
  commit %p = %p_t, %a = %a_t
}

// CHECK-LABEL: optim.optimizer @uniform(
// CHECK-NOT: variants
// CHECK: select %negative
optim.optimizer @uniform(%p, %g) hyper(%x = 0) {
  %zero = constant 0
  %negative = cmp lt %x, %zero
  %n = neg %g
  %d = select %negative, %n, %g
  %p_t = add %p, %d
  commit %p = %p_t
}

// What no variant changes is not stored at all.
// CHECK-LABEL: optim.optimizer @kept(
// CHECK: %p_t = variants
// CHECK: commit %p = %p_t{{$}}
optim.optimizer @kept(%p, %g) hyper(%x = 0) state(%a) {
  %zero = constant 0
  %low = cmp lt %x, %zero
  %p_t = select %low, %g, %p
  %a_t = select %low, %a, %a
  commit %p = %p_t, %a = %a_t
}

// Predicates of logic on elements are resolved, too.
// CHECK-LABEL: optim.optimizer @logic(
// CHECK: } case 1 == 0 else {
// CHECK-NEXT: yield %p
// CHECK-NEXT: } case 1 == 1
optim.optimizer @logic(%p, %g) hyper(%x = 0) {
  %zero = constant 0
  %frozen = cmp gt %x, %zero
  %small = cmp lt %g, %x
  %keep = or %frozen, %small
  %p_t = select %keep, %p, %g
  commit %p = %p_t
}
