"""Function words of languages that are not read, so that a text in one of them is not taken for one of ours."""

from typing import Final

FUNCTION_WORDS: Final = {
    "de": """aber als am an auch auf aus bei bin bis das dass dem den der des die durch ein eine einem einen einer er es
        fur geht hat habe haben hatte ich ihr im immer in ist ja kann kein keine man mehr mein meine mir mit muss nach
        nicht nichts noch nur oder sehr sein seit sich sie sind so uber um und uns unser vom von vor war warum was wenn
        wer wie wieder wir wird wo zu zum zur""",
    "fr": """ai au aux avec avez ce cela ces cette chez comme comment dans de des du elle en encore est et ete etre fait
        il ils j je jamais l la le les leur lui ma mais me mes moi mon n ne nos notre nous on ont ou par pas plus pour
        pourquoi qu quand que quel qui rien sa sans se ses son sont suis sur ta te tout tres tu un une vos votre vous
        y""",
    "pt": """a ao aos as ate com como da das de dele desde do dos e ela ele em entre era essa esse esta estao estou eu
        foi ha isso ja lhe mais mas me meu minha muito na nao nas nem nenhum no nos nossa nosso num numa o onde os ou
        para pela pelo por porque quando que quem sao se sem ser seu sua so tambem tem tenho tudo um uma voce voces""",
    "nl": """aan al als bij dat de der deze die dit doen door dus een en er geen had heb hebben heeft het hier hij hoe
        ik in is je jullie kan maar meer met mij mijn na naar niet nog nu of om ons onze ook op over te uit van veel
        voor waar was wat we wel wij worden wordt ze zijn zo""",
}
