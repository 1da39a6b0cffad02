#include "lang/ast.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct lab {
  struct mem mem;
  const char *text;
  size_t n;
  void (*look)(struct lab *, struct script *, struct diags *);
  const char *want;
};

static void in_lab(void *arg) {
  struct lab *lab = arg;
  struct diags *diags = diags_new(&lab->mem);
  struct script *s = parse_script(&lab->mem, diags, "t.kin", "", lab->text, lab->n);
  lab->look(lab, s, diags);
  diags_free(diags);
}

static void with_bytes(const char *text, size_t n, const char *want,
                       void (*look)(struct lab *, struct script *, struct diags *)) {
  struct lab lab = {.text = text, .n = n, .look = look, .want = want};
  cr_assert_eq(mem_guard(&lab.mem, in_lab, &lab), UNWIND_NONE);
  arena_pool_drain(&lab.mem, NULL);
  cr_expect_eq(lab.mem.live, 0);
}

/* ---- trees ---- */

static void expect_print(struct lab *lab, struct script *s, struct diags *diags) {
  struct buf b;
  buf_init(&b, s->arena);
  print_script(&b, s);
  cr_expect_eq(diags->n_errors, 0, "%s", lab->text);
  cr_expect_str_eq(b.text, lab->want);
  struct script *again = parse_script(&lab->mem, diags, "again.kin", "", b.text, b.n);
  cr_expect_eq(again->statements.n, s->statements.n);
  for (struct ast *x = s->statements.first, *y = again->statements.first; x && y; x = x->next, y = y->next)
    cr_expect(ast_equal(x, y), "%s", lab->text);
  struct buf c;
  buf_init(&c, s->arena);
  print_script(&c, again);
  cr_expect_str_eq(c.text, b.text, "printing is idempotent");
}

static void prints(const char *text, const char *want) {
  with_bytes(text, strlen(text), want, expect_print);
}

Test(parse, operators_bind_as_documented) {
  struct {
    const char *text, *op;
  } cases[] = {{"y~a+b", "~"},    {"a or b and c", "or"}, {"a|b+c", "|"},        {"a+b*c", "+"},
               {"a*b in c", "*"}, {"a in b:c", "in"},     {"-a:b", ":"},         {"-a^b", "-"},
               {"1..2+3", ".."},  {"a == b + c", "=="},   {"not a == b", "not"}, {"us(r)@ar1(d)|g", "|"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct mem m = {0};
    struct diags *d = diags_new(&m);
    struct script *s = parse_script(&m, d, "t", "", cases[i].text, strlen(cases[i].text));
    cr_assert_eq(d->n_errors, 0, "%s", cases[i].text);
    cr_expect_str_eq(ast_op_spelling(s->statements.first->u.expr.value->u.op.op), cases[i].op, "%s",
                     cases[i].text);
    diags_free(d);
    arena_pool_drain(&m, NULL);
  }
}

Test(parse, contextual_words_are_free_names) {
  prints("let t = time + data\ntime = 3\nmodel = 4\ny ~ where + missing + random",
         "let t = time + data\ntime = 3\nmodel = 4\ny ~ where + missing + random\n");
  prints("data d from \"f\" { missing = 2; where = 3; missing -9, \"x\"; where a > 1; decimal \",\" }",
         "data d from \"f\" {\n  missing = 2\n  where = 3\n  missing -9, \"x\"\n  where a > 1\n  decimal "
         "\",\"\n}\n");
  prints(
      "model m { offset(log(e)); weights - x ~ y; allow K0301, K0302 }\nallow = 3\nallow K0301",
      "model m {\n  offset (log(e))\n  weights - x ~ y\n  allow K0301, K0302\n}\nallow = 3\nallow K0301\n");
  prints("model m { random ~ x; weights ~ z; residual (cs | p); variance by arm; family binomial(logit) }",
         "model m {\n  random ~ x\n  weights ~ z\n  residual (cs | p)\n  variance by arm\n  family "
         "binomial(logit)\n}\n");
}

Test(parse, newlines) {
  prints("f(a,\n  b)", "f(a, b)\n");
  prints("let x = 1 +\n  2", "let x = 1 + 2\n");
  prints("if a { 1 }\nelse { 2 }", "if a {\n  1\n} else {\n  2\n}\n");
  prints("test(f, { a == b\n c == 0 })", "test(f, {\n  a == b\n  c == 0\n})\n");
  prints("a; b\r\nc", "a\nb\nc\n");
}

Test(parse, names_numbers_texts) {
  prints("f.wrkstrs ~ 1", "f.wrkstrs ~ 1\n");
  prints("fixef(g)[\"Days\"].t > 1.96", "fixef(g)[\"Days\"].t > 1.96\n");
  prints("1..200", "1..200\n");
  prints("f(x).a.b[1].c", "f(x).a.b[1].c\n");
  prints("\xEF\xBB\xBFlet x = 1", "let x = 1\n");
  prints(".5 + 1e-3 + 2. + 1", ".5 + 1e-3 + 2 + 1\n");
  prints("`odd name` + `plain` + `a.b`", "`odd name` + plain + `a.b`\n");
  prints("\"a\\\"b\\\\\\n\\t\"", "\"a\\\"b\\\\\\n\\t\"\n");
  prints("$cutoff + .role", "$cutoff + .role\n");
  prints("größe ~ Übung", "größe ~ Übung\n");
}

Test(parse, designs_and_data) {
  prints("design d { classroom in school (unique) in district; item\n time day step 1\n dyad c in f by "
         "role\n roundrobin (a, b) in t }",
         "design d {\n  classroom in school (unique) in district\n  item\n  time day step 1\n  dyad c in f "
         "by role\n  "
         "roundrobin (a, b) in t\n}\n");
  prints("data d from \"f.csv\" query \"select 1\" as s { role: factor(-1 = wife, 1 = husband) }",
         "data d from \"f.csv\" query \"select 1\" as s {\n  role: factor(-1 = wife, 1 = husband)\n}\n");
  prints("model apim(y: column, x: terms, also: terms = 0) of dyadic(role) { residual us(visit | p) by arm }",
         "model apim(y: column, x: terms, also: terms = 0) of dyadic(role) {\n  residual us(visit | p) by "
         "arm\n}\n");
}

Test(parse, places_are_those_of_the_text) {
  struct mem m = {0};
  struct diags *d = diags_new(&m);
  const char *text = "let f = (a + .b)[1]\nf(k = -2).x";
  const struct script *s = parse_script(&m, d, "t", "", text, strlen(text));
  struct buf b;
  buf_init(&b, s->arena);
  ast_dump(&b, s, false);
  cr_expect_str_eq(b.text, "let  1:1-1:20\n"
                           "  name f  1:5-1:6\n"
                           "  index  1:9-1:20\n"
                           "    binary +  1:9-1:17\n"
                           "      name a  1:10-1:11\n"
                           "      slot b  1:14-1:16\n"
                           "    argument  1:18-1:19\n"
                           "      number 1  1:18-1:19\n"
                           "expression  2:1-2:12\n"
                           "  field .x  2:1-2:12\n"
                           "    call  2:1-2:10\n"
                           "      name f  2:1-2:2\n"
                           "      argument  2:3-2:9\n"
                           "        name k  2:3-2:4\n"
                           "        unary -  2:7-2:9\n"
                           "          number 2  2:8-2:9\n");
  diags_free(d);
  arena_pool_drain(&m, NULL);
}

/* ---- errors ---- */

static void expect_error(struct lab *lab, struct script *s, struct diags *diags) {
  (void)s;
  bool found = false;
  for (const struct diag *d = diags->first; d; d = d->next)
    found = found || strcmp(diag_number(d->code), lab->want) == 0;
  cr_expect(found, "wanted %s", lab->want);
}

static void fails(const char *text, size_t n, const char *code) {
  with_bytes(text, n, code, expect_error);
}

static char *repeated(char *to, size_t n, const char *piece) {
  size_t m = strlen(piece);
  for (size_t i = 0; i < n; i++) memcpy(to + i * m, piece, m);
  to[n * m] = '\0';
  return to;
}

Test(parse, limits_are_messages) {
  static char text[(17 << 20) + 2];
  fails(repeated(text, 10000, "("), 10000, "K0910");
  fails(repeated(text, 10000, "f({"), 30000, "K0910");
  fails(repeated(text, 10000, "if a {"), 60000, "K0910");
  fails(repeated(text, 10000, "-"), 10000, "K0910");
  fails(repeated(text, 100000, "1+"), 200000, "K0911");
  fails(repeated(text, 20000, "2^"), 40000, "K0910");
  memset(text, ' ', 17 << 20);
  fails(text, 17 << 20, "K0912");
}

Test(parse, bytes_that_are_no_text) {
  fails("let x = 1\0\n", 11, "K0117");
  fails("let x = \xff\n", 10, "K0118");
}

static void expect_count(struct lab *lab, struct script *s, struct diags *diags) {
  (void)s;
  cr_expect_eq(diags->n_errors, atoi(lab->want), "%d errors in %s", diags->n_errors, lab->text);
}

Test(parse, goes_on_after_an_error) {
  const char *text = "let a = )\nlet b = 2 +\nlet c = 3\nif a = 2 { print(1) }\nlet d = [1, 2\nlet e = 5 5\n";
  with_bytes(text, strlen(text), "4", expect_count);
}

struct endangered {
  struct mem mem;
  struct diags *diags; /* outlive an unwind, as the interpreter's do */
};

/* A syntax error, comments, every kind of block: memory may end at any allocation of it. */
static void parse_and_print(void *arg) {
  static const char text[] =
      "# c\ndata d from \"f\" { missing -9; x: factor(1 = \"a\") }\ndesign e { a (unique) in b }\n"
      "model m(p: column) of dyadic(r) { y ~ x; random (1 | `g h`) by s }\nlet z = $k + 1e3 )\n"
      "fn f(x, k = 2) { if x { [1, 2][1] } else { f(x).y } }\ntest(f, { a == b; c == 0 })\nlet = 3\n";
  struct endangered *e = arg;
  struct mem *m = &e->mem;
  struct diags *d = e->diags = diags_new(m);
  struct script *s = parse_script(m, d, "t", "", text, sizeof text - 1);
  struct buf b;
  buf_init(&b, s->arena);
  if (d->n_errors == 0) print_script(&b, s);
}

Test(parse, memory_may_end_anywhere) {
  struct endangered whole = {0};
  cr_assert_eq(mem_guard(&whole.mem, parse_and_print, &whole), UNWIND_NONE);
  diags_free(whole.diags);
  arena_pool_drain(&whole.mem, NULL);
  for (size_t at = 1; at <= whole.mem.calls; at++) {
    struct endangered e = {.mem.fail_at = at};
    cr_expect_eq(mem_guard(&e.mem, parse_and_print, &e), UNWIND_MEMORY, "call %zu", at);
    diags_free(e.diags);
    arena_pool_drain(&e.mem, NULL);
    cr_expect_eq(e.mem.live, 0);
  }
}

Test(parse, knows_when_more_must_come) {
  struct mem m = {0};
  cr_expect(parse_incomplete(&m, "f(a,", 4));
  cr_expect(parse_incomplete(&m, "let x = 1 +", 11));
  cr_expect(parse_incomplete(&m, "data d from \"x\" {", 17));
  cr_expect_not(parse_incomplete(&m, "let x = 1", 9));
  cr_expect_not(parse_incomplete(&m, "f(a))", 5));
  arena_pool_drain(&m, NULL);
}
