//===- Math.cpp - a spec as its paper's algorithm box -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Math.h"
#include "mlir/IR/AsmState.h"
#include "optimc/Dialect/Optim/IR/Expr.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;
using namespace optimc::tool;

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

static constexpr StringRef greekLetters[] = {
    "alpha", "beta",  "gamma",  "delta", "epsilon", "zeta", "eta", "theta",
    "iota",  "kappa", "lambda", "mu",    "nu",      "xi",   "pi",  "rho",
    "sigma", "tau",   "phi",    "chi",   "psi",     "omega"};

static StringRef greekSymbol(StringRef letter) {
  return llvm::StringSwitch<StringRef>(letter)
      .Case("alpha", "α")
      .Case("beta", "β")
      .Case("gamma", "γ")
      .Case("delta", "δ")
      .Case("epsilon", "ε")
      .Case("zeta", "ζ")
      .Case("eta", "η")
      .Case("theta", "θ")
      .Case("iota", "ι")
      .Case("kappa", "κ")
      .Case("lambda", "λ")
      .Case("mu", "μ")
      .Case("nu", "ν")
      .Case("xi", "ξ")
      .Case("pi", "π")
      .Case("rho", "ρ")
      .Case("sigma", "σ")
      .Case("tau", "τ")
      .Case("phi", "φ")
      .Case("chi", "χ")
      .Case("psi", "ψ")
      .Case("omega", "ω")
      .Default(letter);
}

/// `beta1` -> β1, `m1_hat` -> m̂1, `m1_t` -> m1ₜ; in LaTeX \beta_{1},
/// \hat{m}_{1}, m_{1,t}. Names of several words stay words.
static std::string renderName(StringRef name, MathStyle style) {
  bool hat = name.consume_back("_hat"), now = name.consume_back("_t");
  StringRef stem = name.rtrim("0123456789");
  StringRef digits = name.substr(stem.size());
  // The field's own symbols.
  stem = llvm::StringSwitch<StringRef>(stem)
             .Case("lr", "eta")
             .Case("weight_decay", "lambda")
             .Case("eps", "epsilon")
             .Default(stem);
  bool isGreek = llvm::is_contained(greekLetters, stem);
  bool isWord = !isGreek && stem.size() > 1;
  if (style == MathStyle::Text) {
    std::string text = isGreek ? greekSymbol(stem).str() : stem.str();
    if (hat)
      text += isWord ? "^" : "\xCC\x82"; // combining circumflex
    return text + digits.str() + (now ? "ₜ" : "");
  }
  std::string text = isGreek ? "\\" + stem.str() : stem.str();
  if (isWord) {
    std::string escaped;
    for (char c : stem)
      escaped += c == '_' ? std::string("\\_") : std::string(1, c);
    text = "\\mathrm{" + escaped + "}";
  }
  if (hat)
    text = "\\hat{" + text + "}";
  SmallVector<StringRef> below;
  if (!digits.empty())
    below.push_back(digits);
  if (now)
    below.push_back("t");
  return below.empty() ? text : text + "_{" + llvm::join(below, ",") + "}";
}

//===----------------------------------------------------------------------===//
// Terms
//===----------------------------------------------------------------------===//

namespace {
/// Text and how tightly it binds: 1 sum, 2 product, 3 prefix, 4 atom.
struct Term {
  std::string text;
  int precedence = 4;
};

class MathPrinter {
public:
  MathPrinter(raw_ostream &os, OptimizerOp op, MathStyle style)
      : os(os), op(op), state(op), latex(style == MathStyle::Latex),
        style(style) {}

  void print();

private:
  Term name(Value value);
  Term number(StringRef spelling);
  Term mixed(OpFoldResult value) {
    if (auto literal = dyn_cast_if_present<Attribute>(value))
      return number(cast<NumberAttr>(literal).getSpelling());
    return name(cast<Value>(value));
  }
  std::string paren(Term term, int least) {
    return term.precedence >= least ? term.text : "(" + term.text + ")";
  }
  Term sum(Term a, Term b) { return {paren(a, 1) + " + " + paren(b, 1), 1}; }
  Term difference(Term a, Term b) {
    return {paren(a, 1) + (latex ? " - " : " − ") + paren(b, 2), 1};
  }
  Term product(Term a, Term b) {
    return {paren(a, 2) + (latex ? " \\, " : "·") + paren(b, 3), 2};
  }
  Term quotient(Term a, Term b) {
    if (latex)
      return {"\\frac{" + a.text + "}{" + b.text + "}", 4};
    return {paren(a, 2) + " / " + paren(b, 3), 2};
  }
  Term power(Term a, Term b) {
    return {paren(a, 4) + "^" + (latex ? "{" + b.text + "}" : paren(b, 4)), 4};
  }
  Term call(StringRef function, ArrayRef<Term> arguments);
  Term root(Term x) {
    return latex ? Term{"\\sqrt{" + x.text + "}", 4}
                 : Term{"√" + paren(x, 4), 4};
  }
  Term average(Term weight, Term old, Term x);
  Term exprNode(ExprOp expr, ArrayRef<ExprNode> nodes, const ExprNode &node);
  Term schedule(ScheduleOp op);
  Term define(Operation *op);

  void line(Operation *op);
  void commit(CommitOp op);
  void block(Block &block);
  void row(const std::string &text) {
    os << (latex ? "  \\STATE " : "    ") << text << "\n";
  }
  std::string math(const std::string &text) {
    return latex ? "$" + text + "$" : text;
  }

  raw_ostream &os;
  OptimizerOp op;
  AsmState state;
  bool latex;
  MathStyle style;
};
} // namespace

Term MathPrinter::name(Value value) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  value.printAsOperand(stream, state);
  return {renderName(StringRef(text).drop_front(), style), 4};
}

Term MathPrinter::number(StringRef spelling) {
  int precedence = spelling.starts_with("-") ? 3 : 4;
  if (spelling.ends_with("inf"))
    return {(spelling.starts_with("-") ? "-" : "") +
                std::string(latex ? "\\infty" : "∞"),
            precedence};
  auto [mantissa, exponent] = spelling.split('e');
  if (exponent.empty() || !latex)
    return {spelling.str(), precedence};
  std::string power = "10^{" + exponent.str() + "}";
  return {mantissa == "1" ? power : mantissa.str() + " \\cdot " + power, 2};
}

Term MathPrinter::call(StringRef function, ArrayRef<Term> arguments) {
  std::string text =
      latex ? "\\operatorname{" + function.str() + "}" : function.str();
  text += "(";
  for (auto [i, argument] : llvm::enumerate(arguments))
    text += (i ? ", " : "") + argument.text;
  return {text + ")", 4};
}

Term MathPrinter::average(Term decay, Term old, Term x) {
  Term one = number("1");
  return sum(product(decay, old), product(difference(one, decay), x));
}

Term MathPrinter::exprNode(ExprOp expr, ArrayRef<ExprNode> nodes,
                           const ExprNode &node) {
  if (node.kind == ExprNode::Operand)
    return name(expr.getInputs()[node.index]);
  if (node.kind == ExprNode::Literal)
    return number(
        cast<NumberAttr>(expr.getLiterals()[node.index]).getSpelling());
  SmallVector<Term> terms;
  for (unsigned i = 0, e = getArity(node.code); i != e; ++i)
    terms.push_back(exprNode(expr, nodes, nodes[node.child[i]]));
  switch (node.code) {
  case ExprCode::Add:
    return sum(terms[0], terms[1]);
  case ExprCode::Sub:
    return difference(terms[0], terms[1]);
  case ExprCode::Mul:
    return product(terms[0], terms[1]);
  case ExprCode::Div:
    return quotient(terms[0], terms[1]);
  case ExprCode::Neg:
    return {"-" + paren(terms[0], 3), 3};
  case ExprCode::Sqrt:
    return root(terms[0]);
  case ExprCode::Square:
    return power(terms[0], number("2"));
  case ExprCode::Rsqrt:
    return quotient(number("1"), root(terms[0]));
  case ExprCode::Recip:
    return quotient(number("1"), terms[0]);
  case ExprCode::Pow:
    return power(terms[0], terms[1]);
  case ExprCode::Abs:
    return {"|" + terms[0].text + "|", 4};
  case ExprCode::Select:
    return {terms[1].text + " if " + terms[0].text + " else " + terms[2].text,
            0};
  default:
    return call(getFunctionName(node.code), terms);
  }
}

Term MathPrinter::schedule(ScheduleOp op) {
  // Printed as in the spec: the table of kinds is in docs/Spec.md.
  SmallVector<Term> terms;
  for (OpFoldResult argument : op.getMixedArgs())
    terms.push_back(mixed(argument));
  std::string now = latex ? "t" : "t";
  if (op.getHasAfter())
    now = difference({now, 4}, terms.pop_back_val()).text;
  terms.insert(terms.begin(), Term{now, 4});
  return call(stringifyScheduleKind(op.getKind()), terms);
}

/// The right-hand side of an op with one result.
Term MathPrinter::define(Operation *operation) {
  Term one = number("1"), t{"t", 4};
  return TypeSwitch<Operation *, Term>(operation)
      .Case([&](ExprOp op) {
        auto nodes = readExpr(op.getCode(), op.getInputs().size(),
                              op.getLiterals().size());
        return nodes ? exprNode(op, *nodes, nodes->back()) : Term{"?", 4};
      })
      .Case([&](EmaOp op) {
        return average(mixed(op.getMixedDecay()), name(op.getOld()),
                       name(op.getX()));
      })
      .Case([&](LerpOp op) {
        Term weight = mixed(op.getMixedWeight()), old = name(op.getOld());
        return sum(old, product(weight, difference(name(op.getX()), old)));
      })
      .Case([&](MeanOp op) {
        Term old = name(op.getOld());
        return sum(old, quotient(difference(name(op.getX()), old),
                                 mixed(op.getMixedCount())));
      })
      .Case([&](DebiasOp op) {
        OpFoldResult count = op.getMixedCount();
        return quotient(name(op.getX()),
                        difference(one, power(mixed(op.getMixedDecay()),
                                              count ? mixed(count) : t)));
      })
      .Case([&](MixOp op) {
        Term total;
        for (auto [i, pair] : llvm::enumerate(
                 llvm::zip(op.getMixedCoefficients(), op.getValues()))) {
          auto [coefficient, value] = pair;
          auto literal = dyn_cast_if_present<Attribute>(coefficient);
          bool isOne = literal && cast<NumberAttr>(literal).getValue() == 1;
          Term term =
              isOne ? name(value) : product(mixed(coefficient), name(value));
          total = i ? sum(total, term) : term;
        }
        return total;
      })
      .Case([&](ScheduleOp op) { return schedule(op); })
      .Case([&](EveryOp op) {
        return Term{"t mod " + mixed(op.getMixedLength()).text + " = 0", 0};
      })
      .Case([&](DelayOp op) {
        return Term{name(op.getX()).text + " of " +
                        std::to_string(op.getWindow()) + " steps ago",
                    0};
      })
      .Case([&](ReduceOp op) {
        return Term{stringifyReduction(op.getKind()).str() + " of " +
                        name(op.getOperand()).text + ", " +
                        describeRate(op.getRate()).str(),
                    0};
      })
      .Case([&](SelectOp op) {
        return Term{name(op.getOnTrue()).text + " if " +
                        name(op.getCondition()).text + " else " +
                        name(op.getOnFalse()).text,
                    0};
      })
      .Case([&](CmpOp op) {
        StringRef symbol =
            latex ? StringRef(std::array{"=", "\\ne", "<", "\\le", ">",
                                         "\\ge"}[unsigned(op.getKind())])
                  : StringRef(std::array{"=", "≠", "<", "≤", ">",
                                         "≥"}[unsigned(op.getKind())]);
        return Term{name(op.getLhs()).text + " " + symbol.str() + " " +
                        name(op.getRhs()).text,
                    0};
      })
      .Case([&](ConstantOp op) {
        return number(op.getValueAttr().getSpelling());
      })
      .Case([&](StepOp) { return t; })
      .Case([&](RandomOp op) { return Term{"uniform [0, 1)", 0}; })
      .Default([&](Operation *op) {
        SmallVector<Term> terms;
        for (Value operand : op->getOperands())
          terms.push_back(name(operand));
        return call(op->getName().stripDialect(), terms);
      });
}

//===----------------------------------------------------------------------===//
// Lines
//===----------------------------------------------------------------------===//

void MathPrinter::line(Operation *operation) {
  std::string arrow = latex ? " \\leftarrow " : " ← ";
  if (auto period = dyn_cast<PeriodOp>(operation)) {
    Term length = mixed(period.getMixedLength());
    row(math(name(period.getJ()).text + arrow + "(t - 1) mod " + length.text +
             " + 1"));
    row(math(name(period.getN()).text + arrow + "floor((t - 1) / " +
             length.text + ") + 1"));
    row(math(name(period.getLast()).text + arrow + name(period.getJ()).text +
             " = " + length.text));
    return;
  }
  if (auto cases = dyn_cast<CaseOp>(operation)) {
    std::string results;
    for (Value result : cases.getResults())
      results += (results.empty() ? "" : ", ") + name(result).text;
    row("tensors of rank ≥ " + std::to_string(cases.getMinRank()) + ":");
    block(cases.getThenRegion().front());
    row("other tensors:");
    block(cases.getElseRegion().front());
    row("giving " + math(results));
    return;
  }
  if (auto yield = dyn_cast<YieldOp>(operation)) {
    std::string values;
    for (Value value : yield.getOperands())
      values += (values.empty() ? "" : ", ") + name(value).text;
    row("→ " + math(values));
    return;
  }
  std::string targets;
  for (Value result : operation->getResults())
    targets += (targets.empty() ? "" : ", ") + name(result).text;
  row(math(targets + arrow + define(operation).text));
}

void MathPrinter::commit(CommitOp commit) {
  std::string olds, news;
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValues())) {
    olds += (olds.empty() ? "" : ", ") + name(target).text;
    news += (news.empty() ? "" : ", ") + name(value).text;
  }
  std::string text = math(olds + (latex ? " \\leftarrow " : " ← ") + news);
  if (commit.getGate())
    text += " if " + math(name(commit.getGate()).text);
  row(text);
  for (auto [output, value] :
       llvm::zip(commit.getOutputNames(), commit.getOutputs()))
    row("output " + cast<StringAttr>(output).getValue().str() + " = " +
        math(name(value).text));
}

void MathPrinter::block(Block &block) {
  for (Operation &operation : block) {
    if (auto terminator = dyn_cast<CommitOp>(&operation))
      commit(terminator);
    else
      line(&operation);
  }
}

void MathPrinter::print() {
  os << (latex ? "\\begin{algorithm}\n\\caption{" : "Algorithm ")
     << op.getSymName() << (latex ? "}\n\\begin{algorithmic}\n" : "\n");
  auto section = [&](StringRef title, unsigned first, unsigned count,
                     llvm::function_ref<std::string(unsigned)> describe) {
    if (!count)
      return;
    os << (latex ? "  \\STATE \\textbf{" : "  ") << title
       << (latex ? ":} " : ": ");
    for (unsigned i = 0; i != count; ++i)
      os << (i ? ", " : "")
         << math(name(op.getStep().getArgument(first + i)).text + describe(i));
    os << "\n";
  };
  section("Given", 0, 2, [&](unsigned i) -> std::string {
    return latex ? "" : i ? " (gradient)" : " (parameter)";
  });
  section("Hyperparameters", op.getFirstHyper(), op.getHypers().size(),
          [&](unsigned i) {
            return " = " +
                   number(op.getHyper(i).getInitial().getSpelling()).text;
          });
  section("States", op.getFirstState(), op.getStates().size(),
          [&](unsigned i) -> std::string {
            StateAttr state = op.getState(i);
            if (state.getInit() == Init::Param)
              return " = " + name(op.getStep().getArgument(0)).text;
            if (state.getInit() == Init::Hyper)
              return " = " + renderName(state.getHyper().getValue(), style);
            return " = " + (state.getValue()
                                ? number(state.getValue().getSpelling()).text
                                : std::string("0"));
          });
  section("Inputs", op.getFirstInput(), op.getInputs().size(),
          [](unsigned) { return std::string(); });
  for (auto [i, body] : llvm::enumerate(op.getBodies())) {
    if (i)
      os << (latex ? "  \\STATE \\textbf{" : "  ") << op.getEntryName(i)
         << (latex ? ":}\n" : ":\n");
    else
      os << (latex ? "  \\STATE \\textbf{for} $t = 1, 2, \\ldots$\n"
                   : "  for t = 1, 2, ...\n");
    block(body.front());
  }
  if (latex)
    os << "\\end{algorithmic}\n\\end{algorithm}\n";
}

void optimc::tool::printMath(raw_ostream &os, OptimizerOp op, MathStyle style) {
  MathPrinter(os, op, style).print();
}
