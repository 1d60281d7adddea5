// RUN: %python %S/check-diagnostics %s -- optim-opt
// Templates and classes of tensors.

// func_c1
optim.func @"f g"(%x) {
// @1 error: template 'f g' is not a name; use a letter or '_', then letters, digits and '_'
  yield %x
}

// -----

// func_c3
optim.func @f(%x, %x.y) {
//                ^ error: argument '%x.y' is not a name; use a letter or '_', then letters, digits and '_'
  yield %x
}

// -----

// func_c4
optim.func @f(%x) {
// @1 error: template 'f' ends in 'yield'
  %y = expr %x * 2
}

// -----

// func_c4: an empty body
optim.func @f(%x) {
// @1 error: template 'f' ends in 'yield'
}

// -----

// func_c5
optim.func @f(%x) {
  %y = cmp lt %x, %x
  yield %y
//      ^ error: a template yields numbers, but %y is a truth value
}

// -----

// call_c1
optim.func @nesterov(%x) {
  yield %x
}
optim.optimizer @a(%p, %g) {
  %u = call @nestrov(%g)
//          ^ error: unknown template '@nestrov'; did you mean '@nesterov'?
  commit %p = %p
}

// -----

// call_c2
optim.optimizer @b(%p, %g) {
  commit %p = %g
}
optim.optimizer @a(%p, %g) {
  %u = call @b(%g)
//          ^ error: '@b' is not a template (optim.func)
  commit %p = %p
}

// -----

// call_c3
optim.func @f(%x, %y) {
  yield %x
}
optim.optimizer @a(%p, %g) {
  %u = call @f(%g)
//          ^ error: '@f' takes 2 arguments, but 1 is given
  commit %p = %p
}

// -----

// call_c4
optim.func @f(%x) {
  yield %x, %x
}
optim.optimizer @a(%p, %g) {
  %u = call @f(%g)
//          ^ error: '@f' yields 2 values, but the call has 1 result
  commit %p = %p
}

// -----

// call_c5
optim.func @f(%x) {
  %y = call @h(%x)
  yield %y
}
optim.func @h(%x) {
  %y = call @f(%x)
//          ^ error: templates are inlined, so they cannot be recursive: @f, @h
  yield %y
}

// -----

// call_c6: doubling
optim.func @f0(%x) {
  %y = call @f1(%x)
  %z = call @f1(%y)
  yield %z
}
optim.func @f1(%x) {
  %y = call @f2(%x)
//          ^ error: '@f2' grows to more than 65536 ops when it is inlined
  %z = call @f2(%y)
  yield %z
}
optim.func @f2(%x) {
  %y = call @f3(%x)
  %z = call @f3(%y)
  yield %z
}
optim.func @f3(%x) {
  %y = call @f4(%x)
  %z = call @f4(%y)
  yield %z
}
optim.func @f4(%x) {
  %y = call @f5(%x)
  %z = call @f5(%y)
  yield %z
}
optim.func @f5(%x) {
  %y = call @f6(%x)
  %z = call @f6(%y)
  yield %z
}
optim.func @f6(%x) {
  %y = call @f7(%x)
  %z = call @f7(%y)
  yield %z
}
optim.func @f7(%x) {
  %y = call @f8(%x)
  %z = call @f8(%y)
  yield %z
}
optim.func @f8(%x) {
  %y = call @f9(%x)
  %z = call @f9(%y)
  yield %z
}
optim.func @f9(%x) {
  %y = call @f10(%x)
  %z = call @f10(%y)
  yield %z
}
optim.func @f10(%x) {
  %y = call @f11(%x)
  %z = call @f11(%y)
  yield %z
}
optim.func @f11(%x) {
  %y = call @f12(%x)
  %z = call @f12(%y)
  yield %z
}
optim.func @f12(%x) {
  %y = call @f13(%x)
  %z = call @f13(%y)
  yield %z
}
optim.func @f13(%x) {
  %y = call @f14(%x)
  %z = call @f14(%y)
  yield %z
}
optim.func @f14(%x) {
  %y = call @f15(%x)
  %z = call @f15(%y)
  yield %z
}
optim.func @f15(%x) {
  %y = call @f16(%x)
  %z = call @f16(%y)
  yield %z
}
optim.func @f16(%x) {
  %y = expr %x * %x
  yield %y
}

// -----

// case_c1
optim.optimizer @a(%p, %g) {
  %u = case rank >= 0 {
//                  ^ error: 'case' asks for a rank of 1 or more, but the rank is 0
    yield %g
  } else {
    yield %p
  }
  commit %p = %p
}

// -----

// case_c2
optim.optimizer @a(%p, %g) {
  %u = case rank >= 2 {
//          ^ error: both classes of 'case' end in 'yield'
    commit %p = %p
  } else {
    yield %p
  }
  commit %p = %p
}

// -----

// case_c3
optim.optimizer @a(%p, %g) {
  %u = case rank >= 2 {
//          ^ error: both classes of 'case' yield the same number of values, but 'rank >= 2' yields 2 and 'else' 1
    yield %g, %p
  } else {
    yield %p
  }
  commit %p = %p
}

// -----

// case_c3: the results
optim.optimizer @a(%p, %g) {
  %u, %w = case rank >= 2 {
//^ error: operation defines 1 results but was provided 2 to bind
    yield %g
  } else {
    yield %p
  }
  commit %p = %p
}

// -----

// case_c4
optim.optimizer @a(%p, %g) {
  %c = cmp lt %g, %p
  %u = case rank >= 2 {
    yield %c
//        ^ error: 'case' yields numbers, but %c is a truth value
  } else {
    yield %p
  }
  commit %p = %p
}

// -----

// case_c6
optim.func @f(%x) {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
  case rank >= 2 {
//^ error: bodies are nested more than 64 deep
  case rank >= 2 {
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  } else {
  }
  yield %x
}
