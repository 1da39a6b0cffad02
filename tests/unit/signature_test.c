#include "tests/unit/lang_lab.h"
#include "lang/signature.h"

static struct signature read_line(struct lab *l, const char *name, const char *spec) {
  struct signature s;
  signature_parse(l->arena, &s, name, spec, "help");
  return s;
}

Test(signature, parameters_of_every_kind) {
  struct lab l;
  lab_open(&l);
  struct signature s = read_line(
      &l, "fit",
      "formula: formula, data: table, method: reml|ml = reml, subset: columns = ?, k: number = 2 -> fit");
  cr_assert_eq(s.n_params, 5);
  cr_assert_eq(s.params[0].type, TYPE_FORMULA);
  cr_assert_not(s.params[1].optional);
  cr_assert_eq(s.params[2].kind, PARAM_ENUM);
  cr_assert_eq(s.params[2].n_words, 2);
  cr_assert_str_eq(s.params[2].words[1], "ml");
  cr_assert_str_eq(s.params[2].fallback, "reml");
  cr_assert_eq(s.params[3].kind, PARAM_COLUMNS);
  cr_assert(s.params[3].optional);
  cr_assert_null(s.params[3].fallback);
  cr_assert_eq(s.params[4].type, TYPE_NUMBER);
  cr_assert_eq(s.result, TYPE_FIT);
  cr_assert_str_eq(s.text, "fit(formula, data, method = reml | ml, [subset], k = 2)");
  lab_close(&l);
}

Test(signature, rest_and_none) {
  struct lab l;
  lab_open(&l);
  struct signature p = read_line(&l, "print", "items..: any -> none");
  cr_assert(p.params[0].rest && p.params[0].optional && !p.params[0].named);
  cr_assert_str_eq(p.text, "print(...)");
  struct signature r = read_line(&l, "record", "fields=..: any -> record");
  cr_assert(r.params[0].rest && r.params[0].named);
  struct signature n = read_line(&l, "now", "");
  cr_assert_eq(n.n_params, 0);
  cr_assert_eq(n.result, TYPE_UNKNOWN);
  cr_assert_str_eq(n.text, "now()");
  struct signature m = read_line(&l, "now", "-> number");
  cr_assert_eq(m.result, TYPE_NUMBER);
  lab_close(&l);
}

/* The slots that the arguments of a call get, as "0 1 -2". */
static const char *slots(struct lab *l, const char *spec, const char *code) {
  struct signature s = read_line(l, "f", spec);
  struct script *script = parse_script(&l->mem, l->diags, "t", "", code, strlen(code));
  const struct ast_list *args = &script->statements.first->u.expr.value->u.call.args;
  int *param = arena_array(l->arena, (size_t)args->n, int);
  signature_match(&s, args, param);
  struct buf b;
  buf_init(&b, l->arena);
  for (int i = 0; i < args->n; i++) buf_printf(&b, "%s%d", i ? " " : "", param[i]);
  return b.text;
}

Test(signature, arguments_find_their_parameters) {
  struct lab l;
  lab_open(&l);
  const char *abc = "a: any, b: any, c: any = ?";
  cr_assert_str_eq(slots(&l, abc, "f(1, 2)"), "0 1");
  cr_assert_str_eq(slots(&l, abc, "f(1, c = 3, 2)"), "0 2 1");
  cr_assert_str_eq(slots(&l, abc, "f(a = 1, 2)"), "0 1");
  cr_assert_str_eq(slots(&l, abc, "f(1, 2, 3, 4)"), "0 1 2 -2");
  cr_assert_str_eq(slots(&l, abc, "f(1, d = 2)"), "0 -1");
  cr_assert_str_eq(slots(&l, abc, "f(b = 1, b = 2)"), "1 -3");
  cr_assert_str_eq(slots(&l, "items..: any, sep: text = ?", "f(1, 2, sep = 3, 4)"), "0 0 1 0");
  cr_assert_str_eq(slots(&l, "fields=..: any", "f(a = 1, a = 2, 3)"), "0 0 0");
  lab_close(&l);
}
