# Stands in for the CLI of an agent: replaces a word of guide.md by another, and answers.
text=$(sed "s/$1/$2/" guide.md) && echo "$text" >guide.md && echo "I replaced $1 by $2."
