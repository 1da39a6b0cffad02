#include "tests/unit/lang_lab.h"
#include "lang/splice.h"

/* $g is the column named "arm", $k the number 2, $t true; others are not known. */
static struct ast *value_of(void *arena, const struct ast *splice) {
  switch (splice->u.name.whole[0]) {
  case 'g': return splice_column(arena, splice, "arm");
  case 'k': return splice_number(arena, splice, 2);
  case 't': return splice_bool(arena, splice, true);
  default: return NULL;
  }
}

static const struct ast *splice_text(struct lab *l, const char *code, const struct ast **before) {
  struct script *s = parse_script(&l->mem, l->diags, "t", "", code, strlen(code));
  *before = s->statements.first->u.expr.value;
  return splice_expr(l->arena, *before, value_of, l->arena);
}

Test(splice, values_stand_where_the_variables_stood) {
  struct lab l;
  lab_open(&l);
  const struct ast *before;
  const struct ast *after = splice_text(&l, "y ~ $g * log(x + $k) + ($g | site) + I(done == $t)", &before);
  cr_assert_str_eq(print_expr(l.arena, after), "y ~ arm * log(x + 2) + (arm | site) + I(done == true)");
  cr_assert_str_eq(print_expr(l.arena, before), "y ~ $g * log(x + $k) + ($g | site) + I(done == $t)");
  lab_close(&l);
}

Test(splice, nothing_to_splice_is_no_copy) {
  struct lab l;
  lab_open(&l);
  const struct ast *before;
  cr_assert_eq(splice_text(&l, "y ~ x + (1 | g)", &before), before);
  cr_assert_null(splice_text(&l, "y ~ x + $unknown", &before));
  lab_close(&l);
}
