# zsh -f completing.zsh FOLDER LINE: prints what a zsh offers for LINE, one candidate a line.
zmodload zsh/zpty
setup=$(mktemp)
cat > $setup <<'END'
PROMPT=
autoload -Uz compinit
compinit -u -d $dump
bindkey '^I' complete-word
zstyle ':completion:*' insert-tab false
mark() { print -r -- "<<mark>>" }
compprefuncs=(mark)
comppostfuncs=(mark exit)
compadd() {
	if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
	local -a found
	builtin compadd -A found "$@"
	(( $#found )) && print -rl -- $found
	builtin compadd "$@"
}
print -r -- "<<ready>>"
END
zpty z zsh -f -i
zpty -w z "fpath=($1 \$fpath); dump=$1/.dump; source $setup"
while zpty -r z line; do [[ $line == "<<ready>>"* ]] && break; done
rm -f $setup
zpty -w -n z "$2"$'\t'
integer inside=0
while zpty -r z line; do
	line=${line//$'\r'/}
	line=${line%$'\n'}
	if [[ $line == *"<<mark>>"* ]]; then (( inside )) && break; inside=1; continue; fi
	(( inside )) && print -r -- $line
done
zpty -d z
