import type { CommandGrammar, OptionGrammar, Value } from './grammar.js';

export const shells = ['bash', 'zsh'] as const;
export type Shell = (typeof shells)[number];

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** `kind` and `words`, as shell assignments. */
const valueText = (value: Value | undefined): string => {
  if (!value) return 'kind=none';
  return value.kind === 'word' ? `kind=word words=${quoted(value.words.join(' '))}` : `kind=${value.kind}`;
};

const commandCase = ({ path, commands, options, argument }: CommandGrammar, shell: Shell): string => {
  const names = options.flatMap((option) => option.names).join(' ');
  const described = commands.map(({ name, summary }) => quoted(`${name}:${summary}`)).join(' ');
  const list = shell === 'zsh' ? `(${described})` : quoted(commands.map(({ name }) => name).join(' '));
  return `    ${quoted(path)}) commands=${list} options=${quoted(names)} ${valueText(argument)} ;;`;
};

/** An option that means the same everywhere is written once. */
const optionCases = (grammar: readonly CommandGrammar[]): string[] => {
  const taking = grammar.flatMap(({ path, options }) =>
    options.flatMap((option) => (option.value ? option.names.map((name) => ({ path, name, option })) : [])),
  );
  const byName = Map.groupBy(taking, ({ name }) => name);
  return [...byName].flatMap(([name, uses]) => {
    const meanings = Map.groupBy(uses, ({ option }) => valueText(option.value));
    const everywhere = meanings.size === 1 && grammar.every((command) => !isFlag(command.options, name));
    return [...meanings].map(([text, same]) => {
      const patterns = everywhere ? [`*${quoted(` ${name}`)}`] : same.map(({ path }) => quoted(`${path} ${name}`));
      return `    ${patterns.join(' | ')}) ${text} ;;`;
    });
  });
};

const isFlag = (options: readonly OptionGrammar[], name: string): boolean =>
  options.some((option) => option.value === undefined && option.names.includes(name));

/** The tables that both shells look things up in, `case` by `case`. */
const tables = (grammar: readonly CommandGrammar[], shell: Shell): string => `
# What the command $1 has: commands, options, and what its argument is.
_cartulary_command() {
  kind=none words=''
  case $1 in
${grammar.map((command) => commandCase(command, shell)).join('\n')}
    *) return 1 ;;
  esac
}

# What comes after the option $2 of the command $1.
_cartulary_option() {
  kind=none words=''
  case "$1 $2" in
${optionCases(grammar).join('\n')}
  esac
}
`;

/** Follows the words before the cursor: which command it is, and what is expected now. */
const follow = (line: string, from: number, to: string): string => `
  local place=cartulary i=${from} word
  _cartulary_command "$place"
  while ((i < ${to})); do
    word=\${${line}[i]}
    case $word in
      --*=*) ;;
      -*)
        _cartulary_option "$place" "$word"
        if [[ $kind != none ]]; then
          if [[ \${${line}[i + 1]} == '=' ]]; then ((i++)); fi
          ((i++))
          if ((i == ${to})); then expected=$kind; choices=$words; fi
        fi
        ;;
      *) if _cartulary_command "$place $word"; then place="$place $word"; fi ;;
    esac
    ((i++))
  done`;

const bash = (grammar: readonly CommandGrammar[]): string => `# cartulary in bash:  eval "$(cartulary completion bash)"
${tables(grammar, 'bash')}
_cartulary() {
  local cur=\${COMP_WORDS[COMP_CWORD]} kind words commands options expected='' choices=''
${follow('COMP_WORDS', 1, 'COMP_CWORD')}
  # Of --option=value bash makes three words.
  if [[ $cur == '=' ]]; then
    cur=''
    _cartulary_option "$place" "\${COMP_WORDS[COMP_CWORD - 1]}"
    expected=$kind choices=$words
  fi
  _cartulary_command "$place"
  COMPREPLY=()
  if [[ -z $expected && $cur == -* ]]; then
    expected=word choices=$options
  elif [[ -z $expected && -n $commands ]]; then
    expected=word choices=$commands
  elif [[ -z $expected ]]; then
    expected=$kind choices=$words
  fi
  case $expected in
    word) mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur") ;;
    file) mapfile -t COMPREPLY < <(compgen -f -- "$cur") && compopt -o filenames 2>/dev/null ;;
    directory) mapfile -t COMPREPLY < <(compgen -d -- "$cur") && compopt -o filenames 2>/dev/null ;;
  esac
  return 0
}
complete -F _cartulary cartulary
`;

const zsh = (grammar: readonly CommandGrammar[]): string => `#compdef cartulary
# cartulary in zsh:  source <(cartulary completion zsh), or as _cartulary in a directory of $fpath
${tables(grammar, 'zsh')}
_cartulary() {
  local -a line commands
  line=("\${(@)words}")
  local cur=\${line[CURRENT]} kind words options expected='' choices=''
${follow('line', 2, 'CURRENT')}
  if [[ $cur == --*=* ]]; then
    _cartulary_option "$place" "\${cur%%=*}"
    expected=$kind choices=$words
    compset -P 1 '*='
  fi
  _cartulary_command "$place"
  if [[ -z $expected && $cur == -* ]]; then
    expected=word choices=$options
  elif [[ -z $expected && $#commands -gt 0 ]]; then
    _describe command commands
    return
  elif [[ -z $expected ]]; then
    expected=$kind choices=$words
  fi
  case $expected in
    word) compadd -- \${=choices} ;;
    file) _files ;;
    directory) _files -/ ;;
  esac
}
if [[ \${funcstack[1]} == _cartulary ]]; then _cartulary "$@"; else compdef _cartulary cartulary; fi
`;

/** The script that teaches a shell every command, option and value of the grammar. */
export const completionScript = (shell: Shell, grammar: readonly CommandGrammar[]): string =>
  ({ bash, zsh })[shell](grammar);
