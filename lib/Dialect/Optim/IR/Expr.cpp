//===- Expr.cpp - infix expressions -----------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Dialect/Optim/IR/Expr.h"
#include "Parsing.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::optim::support;

//===----------------------------------------------------------------------===//
// The tree
//===----------------------------------------------------------------------===//

static constexpr StringRef functionNames[] = {
    "sqrt",  "abs",  "sign", "square", "exp",   "log",   "rsqrt",
    "recip", "tanh", "sin",  "cos",    "floor", "ceil",  "min",
    "max",   "pow",  "mod",  "fma",    "clamp", "select"};

static unsigned number(ExprCode code) { return static_cast<unsigned>(code); }

unsigned optimc::optim::getArity(ExprCode code) {
  if (code >= ExprCode::Fma)
    return 3;
  if (code >= ExprCode::Min || code <= ExprCode::Div)
    return 2;
  return 1;
}

StringRef optimc::optim::getFunctionName(ExprCode code) {
  if (code < ExprCode::Sqrt || code >= ExprCode::End)
    return {};
  return functionNames[number(code) - number(ExprCode::Sqrt)];
}

std::optional<ExprCode> optimc::optim::lookupFunction(StringRef name) {
  for (auto [i, function] : llvm::enumerate(functionNames))
    if (name == function)
      return static_cast<ExprCode>(number(ExprCode::Sqrt) + i);
  return std::nullopt;
}

std::optional<SmallVector<ExprNode>>
optimc::optim::readExpr(ArrayRef<int32_t> code, unsigned numOperands,
                        unsigned numLiterals) {
  SmallVector<ExprNode> nodes;
  SmallVector<unsigned> stack;
  for (int32_t word : code) {
    ExprNode node{};
    if (word < 0) {
      node.kind = ExprNode::Literal;
      node.index = -(word + 1);
      if (unsigned(node.index) >= numLiterals)
        return std::nullopt;
    } else if (word < int32_t(ExprCode::First)) {
      node.kind = ExprNode::Operand;
      node.index = word;
      if (unsigned(word) >= numOperands)
        return std::nullopt;
    } else {
      if (word >= int32_t(ExprCode::End))
        return std::nullopt;
      node.kind = ExprNode::Operator;
      node.code = static_cast<ExprCode>(word);
      unsigned arity = getArity(node.code);
      if (stack.size() < arity)
        return std::nullopt;
      for (unsigned i = arity; i-- > 0;)
        node.child[i] = stack.pop_back_val();
    }
    stack.push_back(nodes.size());
    nodes.push_back(node);
  }
  if (stack.size() != 1)
    return std::nullopt;
  return nodes;
}

//===----------------------------------------------------------------------===//
// Parser: sum = product {(+|-) product}, product = unary {(*|/) unary},
// unary = [-] unary | atom, atom = (sum) | %value | number | function(sum, ...)
//===----------------------------------------------------------------------===//

namespace {
class ExprParser {
public:
  ExprParser(OpAsmParser &parser) : parser(parser) {}

  ParseResult parseSum();
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  SmallVector<int32_t> code;
  SmallVector<Attribute> literals;

private:
  ParseResult parseProduct();
  ParseResult parseUnary();
  ParseResult parseAtom();
  ParseResult parseFunction(StringRef name, SMLoc loc);
  ParseResult push(int32_t word) {
    code.push_back(word);
    if (code.size() <= maxExprSize)
      return success();
    return errorAt(parser, parser.getCurrentLocation()) // expr_c2
           << "'expr' has more than " << maxExprSize
           << " terms and operators: name parts of it";
  }
  ParseResult push(ExprCode op) { return push(static_cast<int32_t>(op)); }

  OpAsmParser &parser;
  unsigned depth = 0;
};
} // namespace

ParseResult ExprParser::parseSum() {
  if (parseProduct())
    return failure();
  for (;;) {
    ExprCode op = ExprCode::Add;
    if (failed(parser.parseOptionalPlus())) {
      op = ExprCode::Sub;
      if (failed(parser.parseOptionalMinus()))
        return success();
    }
    if (parseProduct() || push(op))
      return failure();
  }
}

ParseResult ExprParser::parseProduct() {
  if (parseUnary())
    return failure();
  for (;;) {
    ExprCode op = ExprCode::Mul;
    if (failed(parser.parseOptionalStar())) {
      op = ExprCode::Div;
      if (failed(parser.parseOptionalSlash()))
        return success();
    }
    if (parseUnary() || push(op))
      return failure();
  }
}

ParseResult ExprParser::parseUnary() {
  // Hostile input must not overflow the stack.
  if (++depth > 200) // expr_c2
    return errorAt(parser, parser.getCurrentLocation())
           << "expression is nested more than 200 deep";
  ParseResult result = success();
  const char *at = parser.getCurrentLocation().getPointer();
  bool negativeLiteral = at[0] == '-' && llvm::isDigit(at[1]);
  if (!negativeLiteral && succeeded(parser.parseOptionalMinus()))
    result = failure(parseUnary() || push(ExprCode::Neg));
  else
    result = parseAtom();
  --depth;
  return result;
}

ParseResult ExprParser::parseAtom() {
  if (succeeded(parser.parseOptionalLParen()))
    return failure(parseSum() || parser.parseRParen());
  OpAsmParser::UnresolvedOperand operand;
  OptionalParseResult value = parser.parseOptionalOperand(operand);
  if (value.has_value()) {
    if (failed(*value))
      return failure();
    auto *same = llvm::find_if(operands, [&](auto &other) {
      return other.name == operand.name && other.number == operand.number;
    });
    int32_t index = same - operands.begin();
    if (same == operands.end())
      operands.push_back(operand);
    return push(index);
  }
  SMLoc loc = parser.getCurrentLocation();
  NumberAttr literal;
  OptionalParseResult number = parseOptionalNumber(parser, literal);
  if (number.has_value()) {
    if (failed(*number))
      return failure();
    literals.push_back(literal);
    return push(-static_cast<int32_t>(literals.size()));
  }
  StringRef name;
  if (failed(parser.parseOptionalKeyword(&name)))
    return parser.emitError(loc)
           << "expected a value, a number, a function or '('";
  return parseFunction(name, loc);
}

ParseResult ExprParser::parseFunction(StringRef name, SMLoc loc) {
  std::optional<ExprCode> function = lookupFunction(name);
  if (!function) { // expr_c5
    InFlightDiagnostic error = errorAt(parser, loc)
                               << "unknown function '" << name << "'";
    StringRef near = nearestWord(name, functionNames);
    if (!near.empty())
      error << "; did you mean '" << near << "'?";
    else
      error << "; known: "
            << llvm::join(ArrayRef<StringRef>(functionNames), ", ");
    return failure();
  }
  if (NameScope *scope = NameScope::current())
    scope->recordToken(parser, name, loc);
  if (parser.parseLParen())
    return failure();
  unsigned arity = getArity(*function), given = 0;
  do {
    if (parseSum())
      return failure();
    ++given;
  } while (succeeded(parser.parseOptionalComma()));
  if (given != arity) // expr_c6
    return errorAt(parser, loc)
           << "'" << name << "' takes " << arity
           << (arity == 1 ? " argument" : " arguments") << ", but " << given
           << (given == 1 ? " is" : " are") << " given";
  return failure(push(*function) || parser.parseRParen());
}

ParseResult ExprOp::parse(OpAsmParser &parser, OperationState &state) {
  recordNames(parser);
  ExprParser expr(parser);
  SmallVector<Value> values;
  if (expr.parseSum() || resolveAllRated(parser, expr.operands, values) ||
      parser.parseOptionalAttrDict(state.attributes))
    return failure();
  state.addOperands(values);
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.code = parser.getBuilder().getDenseI32ArrayAttr(expr.code);
  properties.literals = parser.getBuilder().getArrayAttr(expr.literals);
  state.addTypes(joinNumbers(parser.getContext(), state.operands));
  return success();
}

//===----------------------------------------------------------------------===//
// Printer
//===----------------------------------------------------------------------===//

/// How tightly a node binds; a child that binds less needs parentheses.
static int getPrecedence(const ExprNode &node) {
  if (node.kind != ExprNode::Operator || node.code >= ExprCode::Sqrt)
    return 4;
  if (node.code == ExprCode::Neg)
    return 3;
  return node.code >= ExprCode::Mul ? 2 : 1;
}

static void printNode(OpAsmPrinter &printer, ExprOp op,
                      ArrayRef<ExprNode> nodes, const ExprNode &node) {
  auto child = [&](unsigned i, int least) {
    const ExprNode &inner = nodes[node.child[i]];
    bool parentheses = getPrecedence(inner) < least;
    printer << (parentheses ? "(" : "");
    printNode(printer, op, nodes, inner);
    printer << (parentheses ? ")" : "");
  };
  if (node.kind == ExprNode::Operand) {
    printer << op.getInputs()[node.index];
  } else if (node.kind == ExprNode::Literal) {
    printer << cast<NumberAttr>(op.getLiterals()[node.index]).getSpelling();
  } else if (StringRef name = getFunctionName(node.code); !name.empty()) {
    printer << name << '(';
    for (unsigned i = 0, e = getArity(node.code); i != e; ++i) {
      printer << (i ? ", " : "");
      child(i, 0);
    }
    printer << ')';
  } else if (node.code == ExprCode::Neg) {
    // `-2` is a literal, `-(2)` a negation.
    bool literal = nodes[node.child[0]].kind == ExprNode::Literal;
    printer << '-';
    child(0, literal ? 5 : 3);
  } else {
    static constexpr const char *symbols[] = {" + ", " - ", " * ", " / "};
    int precedence = getPrecedence(node);
    child(0, precedence);
    printer << symbols[number(node.code) - number(ExprCode::Add)];
    child(1, precedence + 1);
  }
}

void ExprOp::print(OpAsmPrinter &printer) {
  std::optional<SmallVector<ExprNode>> nodes =
      readExpr(getCode(), getInputs().size(), getLiterals().size());
  printer << ' ';
  if (nodes)
    printNode(printer, *this, *nodes, nodes->back());
  else
    printer << "<malformed>";
  printer.printOptionalAttrDict((*this)->getAttrs(), {"code", "literals"});
}
