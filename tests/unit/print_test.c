#include "lang/ast.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

/* Parses and prints a text, twice: the second print must be the first, and the trees the same. */
struct printing {
  struct mem mem;
  const char *name, *text;
  int n_errors;
  char *printed; /* in buf; valid while the pool is not drained */
};

static char *printed(const struct script *s) {
  struct buf b;
  buf_init(&b, s->arena);
  print_script(&b, s);
  return b.text;
}

static void print_twice(void *arg) {
  struct printing *p = arg;
  struct diags *diags = diags_new(&p->mem);
  const struct script *s = parse_script(&p->mem, diags, p->name, "", p->text, strlen(p->text));
  p->n_errors = diags->n_errors;
  if (p->n_errors == 0) {
    p->printed = printed(s);
    const struct script *again = parse_script(&p->mem, diags, p->name, "", p->printed, strlen(p->printed));
    cr_expect_eq(diags->n_errors, 0, "%s: what was printed does not parse:\n%s", p->name, p->printed);
    cr_expect_eq(again->statements.n, s->statements.n, "%s", p->name);
    for (struct ast *x = s->statements.first, *y = again->statements.first; x && y; x = x->next, y = y->next)
      cr_expect(ast_equal(x, y), "%s: another tree:\n%s", p->name, p->printed);
    cr_expect_str_eq(printed(again), p->printed, "%s", p->name);
  }
  diags_free(diags);
}

static void run(struct printing *p) {
  cr_assert_eq(mem_guard(&p->mem, print_twice, p), UNWIND_NONE);
}

static void done(struct printing *p) {
  arena_pool_drain(&p->mem, NULL);
  cr_expect_eq(p->mem.live, 0);
}

static void prints(const char *text, const char *want) {
  struct printing p = {.name = "t.kin", .text = text};
  run(&p);
  cr_assert_eq(p.n_errors, 0, "%s", text);
  cr_expect_str_eq(p.printed, want);
  done(&p);
}

/* ---- whole scripts -------------------------------------------------------------------------------------- */

static size_t read_file(const char *folder, const char *name, char *text, size_t room) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *f = fopen(path, "rb");
  cr_assert_not_null(f, "%s", path);
  size_t n = fread(text, 1, room - 1, f);
  fclose(f);
  text[n] = '\0';
  return n;
}

static int print_folder(const char *folder) {
  static char text[1 << 16];
  DIR *d = opendir(folder);
  cr_assert_not_null(d, "%s", folder);
  int n = 0;
  for (const struct dirent *e; (e = readdir(d));) {
    const char *dot = strrchr(e->d_name, '.');
    if (!dot || strcmp(dot, ".kin") != 0 || strcmp(e->d_name, "mistakes.kin") == 0) continue;
    read_file(folder, e->d_name, text, sizeof text);
    struct printing p = {.name = e->d_name, .text = text};
    run(&p);
    cr_expect_eq(p.n_errors, 0, "%s", e->d_name);
    done(&p);
    n++;
  }
  closedir(d);
  return n;
}

Test(print, every_script_survives_and_prints_as_itself) {
  cr_expect_geq(print_folder("tests/fuzz/corpus/parse"), 10);
  cr_expect_geq(print_folder("examples"), 4);
}

/* ---- expressions ---------------------------------------------------------------------------------------- */

Test(print, spaces_go_round_operators_but_the_tight_ones) {
  prints("y~a+b*c:d^2-1", "y ~ a + b * c:d^2 - 1\n");
  prints("x=1 .. 3", "x = 1..3\n");
  prints("f( a,k=- 1,[ 1,2, ], )", "f(a, k = -1, [1, 2])\n");
  prints("not  a==b and c", "not a == b and c\n");
}

Test(print, parentheses_of_the_user_stay) {
  prints("let x = (a) + ((b*c)) + (2.5) + (\"t\")", "let x = (a) + (b * c) + (2.5) + (\"t\")\n");
  prints("model m { (weights) | g ~ 1 }", "model m {\n  (weights) | g ~ 1\n}\n");
  prints("(f(x)).a.b", "(f(x)).a.b\n");
}

Test(print, a_number_never_touches_a_range) {
  prints("2. .. 3", "2..3\n");
  prints("a .. .5", "a...5\n");
  prints("1 .. .x", "1...x\n");
}

Test(print, backticks_stay_where_they_mean_something) {
  prints("`odd name` + `plain`", "`odd name` + plain\n");
  prints("`a.b` + `let`", "`a.b` + `let`\n");
  prints("`a\xC2\xA0 b` + `größe` + größe", "`a\xC2\xA0 b` + `größe` + größe\n");
  prints("use `{`; use lib", "use `{`\nuse lib\n");
  prints("fn f(a: `{`) { }", "fn f(a: `{`) { }\n");
  prints("model m { y ~ x; variance `by` }", "model m {\n  y ~ x\n  variance `by`\n}\n");
}

/* ---- comments, blank lines ------------------------------------------------------------------------------ */

Test(print, comments_stay_with_their_statement) {
  prints("# head\n\n\n\nlet a = 1 # tail\n# end", "# head\n\nlet a = 1  # tail\n# end\n");
  prints("a # one\n\n\n# two\nb;c # three", "a  # one\n\n# two\nb\nc  # three\n");
  prints("data d from \"f\" { # why\n where a\n # last\n}",
         "data d from \"f\" {\n  # why\n  where a\n  # last\n}\n");
  prints("if a { # yes\n 1 }\nelse { # no\n 2 } # end",
         "if a {\n  # yes\n  1\n} else {\n  # no\n  2\n}  # end\n");
}

Test(print, comments_inside_a_statement_move_out_of_it) {
  prints("f(a, # of a\n  # of b\n  b)", "# of b\nf(a, b)  # of a\n");
  prints("f(a, # of a\n  b # of b\n)", "f(a, b)  # of a\n# of b\n");
}

Test(print, an_empty_script_is_empty) {
  prints("", "");
  prints("\n\n;;\n", "");
  prints("# only", "# only\n");
}

/* ---- long lines ----------------------------------------------------------------------------------------- */

#define THIRTY "abcdefghijklmnopqrstuvwxyzabcd"

Test(print, a_long_line_breaks_behind_a_comma_first) {
  prints("f(" THIRTY " + " THIRTY ", " THIRTY ", " THIRTY ")",
         "f(" THIRTY " + " THIRTY ", " THIRTY ",\n    " THIRTY ")\n");
}

Test(print, a_long_formula_breaks_behind_an_operator) {
  prints("model m { y ~ " THIRTY " + " THIRTY " + " THIRTY " + x }",
         "model m {\n  y ~ " THIRTY " + " THIRTY " +\n      " THIRTY " + x\n}\n");
}

Test(print, texts_and_comments_are_never_broken) {
  prints("f(\"" THIRTY ", " THIRTY ", " THIRTY ", " THIRTY "\")",
         "f(\"" THIRTY ", " THIRTY ", " THIRTY ", " THIRTY "\")\n");
  prints("x # " THIRTY ", " THIRTY ", " THIRTY ", " THIRTY,
         "x  # " THIRTY ", " THIRTY ", " THIRTY ", " THIRTY "\n");
}

Test(print, width_counts_characters) {
  prints(
      "f(ääääääääääääääääääääääääääääääääää, ääääääääääääääääääääääääääääääääääää, äääääääääääääääääää)",
      "f(ääääääääääääääääääääääääääääääääää, ääääääääääääääääääääääääääääääääääää, äääääääääääääääääää)\n");
}

/* ---- one expression ------------------------------------------------------------------------------------- */

Test(print, an_expression_alone_needs_no_source) {
  struct mem m = {0};
  struct diags *d = diags_new(&m);
  const char *text = "y ~ (x) + I(x/1000) + (1 + t | g)";
  const struct script *s = parse_script(&m, d, "t", "", text, strlen(text));
  cr_expect_str_eq(print_expr(s->arena, s->statements.first->u.expr.value),
                   "y ~ x + I(x / 1000) + (1 + t | g)");
  diags_free(d);
  arena_pool_drain(&m, NULL);
}
