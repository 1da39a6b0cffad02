/* kin.y: the syntax.  Actions build nodes and nothing else (lang/build.c). */
%require "3.8"
%define api.pure full
%define api.prefix {kin_yy}
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {struct parser *p}

%code requires {
#include "lang/build.h"
}

%code {
#define YYLLOC_DEFAULT(now, rhs, n) \
  ((now) = (n) ? SPAN_JOIN(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n)) : (struct span){YYRHSLOC(rhs, 0).to, YYRHSLOC(rhs, 0).to})
/* The stack is never grown, so that an unwind finds nothing of it on the heap; deeper is parser_exhausted. */
#define YYINITDEPTH 5000
#define YYMAXDEPTH 5000
/* Nor is the lookahead correction's stack: it holds what one token's reductions push, fewer than its 20 places. */
#define YYMALLOC(n) ((void *)((n)*0))
#define YYFREE(p) ((void)(p))
static int kin_yylex(YYSTYPE *value, struct span *at, struct parser *p);
static void kin_yyerror(struct span *at, struct parser *p, const char *message);
}

%union {
  struct token token;
  struct ast *node;
  struct ast_list list;
}

%token <token> NAME "a name" NUMBER "a number" TEXT "a text" SLOT "a slot" SPLICE "a `$` name" FIELDNAME "a field"
%token NEWLINE "the end of the line" BAD "an unreadable character" LEADING_SIGN "a leading sign"
%token LET "`let`" FN "`fn`" IF "`if`" ELSE "`else`" FOR "`for`" IN "`in`" USE "`use`" AND "`and`" OR "`or`" NOT "`not`"
%token TRUE "`true`" FALSE "`false`" NA "`NA`"
%token DATA "`data`" DESIGN "`design`" MODEL "`model`" ALLOW "`allow`"
%token FROM "`from`" QUERY "`query`" AS "`as`" OF "`of`" BY "`by`" STEP "`step`"
%token MISSING "`missing`" DECIMAL "`decimal`" WHERE "`where`" MEMBERS "`members`" TIME "`time`" OCCASION "`occasion`" DYAD "`dyad`"
%token ROUNDROBIN "`roundrobin`" RANDOM "`random`" RESIDUAL "`residual`" VARIANCE "`variance`" WEIGHTS "`weights`"
%token OFFSET "`offset`" FAMILY "`family`"
%token BARBAR "`||`" EQ "`==`" NE "`!=`" LE "`<=`" GE "`>=`" RANGE "`..`"
%token '+' "`+`" '-' "`-`" '*' "`*`" '/' "`/`" '^' "`^`" '~' "`~`" '|' "`|`" ':' "`:`" '=' "`=`" '<' "`<`" '>' "`>`" '@' "`@`"
%token '(' "`(`" ')' "`)`" ',' "`,`" '[' "`[`" ']' "`]`" '{' "`{`" '}' "`}`"
%token YYEOF 0 "the end of the script"

/* ORDER OP: as AST_OPS in lang/ast.h */
%right '~'
%left OR
%left AND
%precedence NOT
%left '|' BARBAR
%nonassoc EQ NE '<' LE '>' GE
%nonassoc RANGE
%left '+' '-'
%left '*' '/' '@'
%left IN
%left ':'
%precedence SIGN
%right '^'

%type <node> statement name text expr operand primary literal arg if data design model block param unit_tail
%type <node> data_line design_line model_line opt_query opt_as opt_of opt_in opt_step opt_by unit dyad_tail of_kind equations
%type <list> statements args arg_list items item_list names literals params param_list hypotheses units
%type <list> data_lines design_lines model_lines opt_data_lines

%%

script: statements                              { p->statements = $1; }

statements: %empty                              { $$ = (struct ast_list){0}; }
  | statements NEWLINE
  | statements statement NEWLINE                { $$ = list_add($1, $2); }
  | statements error NEWLINE                    { $$ = $1; yyerrok; }

statement: expr                                 { $$ = node_expr(p, AST_EXPR, @$, $1); }
  | LET name '=' expr                           { $$ = node_let(p, AST_LET, @$, $2, $4); }
  | name '=' expr                               { $$ = node_let(p, AST_ASSIGN, @$, $1, $3); }
  | if
  | FOR name IN expr block                      { $$ = node_for(p, @$, $2, $4, $5); }
  | FN name '(' params ')' block                { $$ = node_fn(p, @$, $2, $4, $6); }
  | USE NAME                                    { $$ = node_use(p, @$, $2); }
  | ALLOW names                                 { $$ = node_values(p, AST_ALLOW, @$, $2); }
  | data
  | design
  | model
  | LEADING_SIGN expr                           { $$ = node_leading_sign(p, @$, @1); }

block: '{' statements '}'                       { $$ = node_list(p, AST_BLOCK, @$, $2); }

if: IF expr block                               { $$ = node_if(p, @$, $2, $3, NULL); }
  | IF expr block ELSE block                    { $$ = node_if(p, @$, $2, $3, $5); }
  | IF expr block ELSE if                       { $$ = node_if(p, @$, $2, $3, $5); }

name: NAME                                      { $$ = node_name(p, AST_NAME, @$, $1); }
text: TEXT                                      { $$ = node_text(p, @$, $1); }

names: NAME                                     { $$ = list_add((struct ast_list){0}, node_name(p, AST_NAME, @1, $1)); }
  | names ',' NAME                              { $$ = list_add($1, node_name(p, AST_NAME, @3, $3)); }

/* ---- expressions and formulas ---- */

expr: operand
  | '~' expr                                    { $$ = node_unary(p, OP_TILDE, @$, $2); }
  | NOT expr                                    { $$ = node_unary(p, OP_NOT, @$, $2); }
  | '-' expr %prec SIGN                         { $$ = node_unary(p, OP_NEG, @$, $2); }
  | '+' expr %prec SIGN                         { $$ = node_unary(p, OP_POS, @$, $2); }
  | expr '~' expr                               { $$ = node_binary(p, OP_TILDE, @$, $1, $3); }
  | expr OR expr                                { $$ = node_binary(p, OP_OR, @$, $1, $3); }
  | expr AND expr                               { $$ = node_binary(p, OP_AND, @$, $1, $3); }
  | expr '|' expr                               { $$ = node_binary(p, OP_BAR, @$, $1, $3); }
  | expr BARBAR expr                            { $$ = node_binary(p, OP_BARBAR, @$, $1, $3); }
  | expr EQ expr                                { $$ = node_binary(p, OP_EQ, @$, $1, $3); }
  | expr NE expr                                { $$ = node_binary(p, OP_NE, @$, $1, $3); }
  | expr '<' expr                               { $$ = node_binary(p, OP_LT, @$, $1, $3); }
  | expr LE expr                                { $$ = node_binary(p, OP_LE, @$, $1, $3); }
  | expr '>' expr                               { $$ = node_binary(p, OP_GT, @$, $1, $3); }
  | expr GE expr                                { $$ = node_binary(p, OP_GE, @$, $1, $3); }
  | expr RANGE expr                             { $$ = node_binary(p, OP_RANGE, @$, $1, $3); }
  | expr '+' expr                               { $$ = node_binary(p, OP_ADD, @$, $1, $3); }
  | expr '-' expr                               { $$ = node_binary(p, OP_SUB, @$, $1, $3); }
  | expr '*' expr                               { $$ = node_binary(p, OP_MUL, @$, $1, $3); }
  | expr '/' expr                               { $$ = node_binary(p, OP_DIV, @$, $1, $3); }
  | expr '@' expr                               { $$ = node_binary(p, OP_KRON, @$, $1, $3); }
  | expr IN expr                                { $$ = node_binary(p, OP_IN, @$, $1, $3); }
  | expr ':' expr                               { $$ = node_binary(p, OP_COLON, @$, $1, $3); }
  | expr '^' expr                               { $$ = node_binary(p, OP_POW, @$, $1, $3); }

operand: primary
  | operand '(' args ')'                        { $$ = node_call(p, AST_CALL, @$, $1, $3); }
  | operand '[' args ']'                        { $$ = node_call(p, AST_INDEX, @$, $1, $3); }
  | operand FIELDNAME                           { $$ = node_field(p, @$, $1, $2); }

primary: name
  | NUMBER                                      { $$ = node_number(p, @$, $1); }
  | text
  | TRUE                                        { $$ = node_bool(p, @$, true); }
  | FALSE                                       { $$ = node_bool(p, @$, false); }
  | NA                                          { $$ = ast_new(&p->build, AST_NA, @$); }
  | SLOT                                        { $$ = node_name(p, AST_SLOT, @$, $1); }
  | SPLICE                                      { $$ = node_name(p, AST_SPLICE, @$, $1); }
  | '[' items ']'                               { $$ = node_list(p, AST_LIST, @$, $2); }
  | '(' expr ')'                                { $$ = node_parens($2, @$); }

items: %empty                                   { $$ = (struct ast_list){0}; }
  | item_list
  | item_list ','
item_list: expr                                 { $$ = list_add((struct ast_list){0}, $1); }
  | item_list ',' expr                          { $$ = list_add($1, $3); }

args: %empty                                    { $$ = (struct ast_list){0}; }
  | arg_list
  | arg_list ','
arg_list: arg                                   { $$ = list_add((struct ast_list){0}, $1); }
  | arg_list ',' arg                            { $$ = list_add($1, $3); }
arg: expr                                       { $$ = node_arg(p, @$, NULL, $1); }
  | expr '=' expr                               { $$ = node_arg(p, @$, $1, $3); }
  | equations                          { $$ = node_arg(p, @$, NULL, $1); }
  | expr '=' equations                 { $$ = node_arg(p, @$, $1, $3); }
equations: '{' hypotheses '}'          { $$ = node_list(p, AST_HYPOTHESES, @$, $2); }
hypotheses: %empty                              { $$ = (struct ast_list){0}; }
  | hypotheses NEWLINE
  | hypotheses expr NEWLINE                     { $$ = list_add($1, $2); }

/* ---- data ---- */

data: DATA name FROM text opt_query opt_as opt_data_lines { $$ = node_data(p, @$, $2, $4, $5, $6, $7, @7); }
opt_query: %empty                               { $$ = NULL; }
  | QUERY text                                  { $$ = $2; }
opt_as: %empty                                  { $$ = NULL; }
  | AS name                                     { $$ = $2; }
opt_data_lines: %empty                          { $$ = (struct ast_list){0}; }
  | '{' data_lines '}'                          { $$ = $2; }
data_lines: %empty                              { $$ = (struct ast_list){0}; }
  | data_lines NEWLINE
  | data_lines data_line NEWLINE                { $$ = list_add($1, $2); }
  | data_lines error NEWLINE                    { $$ = $1; yyerrok; }
data_line: MISSING literals                     { $$ = node_values(p, AST_MISSING, @$, $2); }
  | name ':' expr                               { $$ = node_let(p, AST_COLTYPE, @$, $1, $3); }
  | name '=' expr                               { $$ = node_let(p, AST_DERIVE, @$, $1, $3); }
  | DECIMAL text                                { $$ = node_expr(p, AST_DECIMAL, @$, $2); }
  | WHERE expr                                  { $$ = node_expr(p, AST_WHERE, @$, $2); }
  | MEMBERS arg_list                            { $$ = node_values(p, AST_MEMBERS, @$, $2); }
literals: literal                               { $$ = list_add((struct ast_list){0}, $1); }
  | literals ',' literal                        { $$ = list_add($1, $3); }
literal: NUMBER                                 { $$ = node_number(p, @$, $1); }
  | '-' NUMBER                                  { $$ = node_unary(p, OP_NEG, @$, node_number(p, @2, $2)); }
  | text

/* ---- designs ---- */

design: DESIGN name '{' design_lines '}'        { $$ = node_design(p, @$, $2, $4); }
design_lines: %empty                            { $$ = (struct ast_list){0}; }
  | design_lines NEWLINE
  | design_lines design_line NEWLINE            { $$ = list_add($1, $2); }
  | design_lines error NEWLINE                  { $$ = $1; yyerrok; }
design_line: units                              { $$ = node_nesting(p, @$, $1); }
  | TIME name opt_in opt_step                   { $$ = node_unit(p, AST_TIME, @$, $2, NULL, $3, $4); }
  | OCCASION name opt_in                        { $$ = node_unit(p, AST_OCCASION, @$, $2, NULL, $3, NULL); }
  | DYAD dyad_tail                              { $$ = $2; $$->span = @$; }
  | ROUNDROBIN '(' name ',' name ')' opt_in     { $$ = node_unit(p, AST_ROUNDROBIN, @$, $3, $5, $7, NULL); }
units: unit                                     { $$ = list_add((struct ast_list){0}, $1); }
  | units IN unit                               { $$ = list_add($1, $3); }
unit: name                                      { $$ = node_arg(p, @$, NULL, $1); }
  | name '(' NAME ')'                           { $$ = node_unique(p, @$, $1, $3, @3); }
unit_tail: name
dyad_tail: unit_tail                            { $$ = node_unit(p, AST_DYAD, @$, $1, NULL, NULL, NULL); }
  | dyad_tail OF name                           { $$ = $1; $$->u.unit.of = $3; }
  | dyad_tail IN name                           { $$ = $1; $$->u.unit.in = $3; }
  | dyad_tail BY name                           { $$ = $1; $$->u.unit.by = $3; }
opt_in: %empty                                  { $$ = NULL; }
  | IN name                                     { $$ = $2; }
opt_step: %empty                                { $$ = NULL; }
  | STEP NUMBER                                 { $$ = node_number(p, @2, $2); }

/* ---- models ---- */

model: MODEL name opt_of '{' model_lines '}'    { $$ = node_model(p, @$, $2, (struct ast_list){0}, $3, $5); }
  | MODEL name '(' params ')' opt_of '{' model_lines '}' { $$ = node_model(p, @$, $2, $4, $6, $8); }
opt_of: %empty                                  { $$ = NULL; }
  | OF of_kind                                  { $$ = $2; }
of_kind: name
  | name '(' args ')'                           { $$ = node_call(p, AST_CALL, @$, $1, $3); }
params: %empty                                  { $$ = (struct ast_list){0}; }
  | param_list
  | param_list ','
param_list: param                               { $$ = list_add((struct ast_list){0}, $1); }
  | param_list ',' param                        { $$ = list_add($1, $3); }
param: name                                     { $$ = node_param(p, @$, $1, NULL, NULL); }
  | name '=' expr                               { $$ = node_param(p, @$, $1, NULL, $3); }
  | name ':' NAME                               { $$ = node_param(p, @$, $1, $3.text, NULL); }
  | name ':' NAME '=' expr                      { $$ = node_param(p, @$, $1, $3.text, $5); }
model_lines: %empty                             { $$ = (struct ast_list){0}; }
  | model_lines NEWLINE
  | model_lines model_line NEWLINE              { $$ = list_add($1, $2); }
  | model_lines error NEWLINE                   { $$ = $1; yyerrok; }
model_line: expr                                { $$ = node_expr(p, AST_MEAN, @$, $1); }
  | RANDOM expr opt_by                          { $$ = node_cov(p, AST_RANDOM, @$, $2, $3); }
  | RESIDUAL expr opt_by                        { $$ = node_cov(p, AST_RESIDUAL, @$, $2, $3); }
  | VARIANCE expr                               { $$ = node_cov(p, AST_VARIANCE, @$, $2, NULL); }
  | VARIANCE BY name                            { $$ = node_cov(p, AST_VARIANCE, @$, NULL, $3); }
  | WEIGHTS expr                                { $$ = node_expr(p, AST_WEIGHTS, @$, $2); }
  | OFFSET expr                                 { $$ = node_expr(p, AST_OFFSET, @$, $2); }
  | FAMILY expr                                 { $$ = node_expr(p, AST_FAMILY, @$, $2); }
  | ALLOW names                                 { $$ = node_values(p, AST_ALLOW, @$, $2); }
opt_by: %empty                                  { $$ = NULL; }
  | BY name                                     { $$ = $2; }

%%

static int kin_yylex(YYSTYPE *value, struct span *at, struct parser *p) {
  value->token = layout_next(p->layout);
  *at = value->token.span;
  return value->token.kind;
}

static void kin_yyerror(struct span *at, struct parser *p, const char *message) {
  (void)message;
  parser_exhausted(p, *at);
}

/* What was found, and what could stand there; the wording of both is lang/parse.c's. */
static int yyreport_syntax_error(const yypcontext_t *context, struct parser *p) {
  enum { EXPECTED_MAX = 80 };
  yysymbol_kind_t expected[EXPECTED_MAX];
  const char *names[EXPECTED_MAX];
  int n = yypcontext_expected_tokens(context, expected, EXPECTED_MAX);
  for (int i = 0; i < n; i++) names[i] = yysymbol_name(expected[i]);
  yysymbol_kind_t found = yypcontext_token(context);
  parser_unexpected(p, *yypcontext_location(context), found == YYSYMBOL_YYEMPTY ? NULL : yysymbol_name(found), names,
                    n > 0 ? n : 0);
  return 0;
}
