"""The words that end, join or never begin a noun phrase in a caption.

Captions are about what people and animals do, in few verbs; adjectives that are joined by `and` or a comma are mostly
colours and sizes. All other words count as parts of a noun phrase.
"""

from __future__ import annotations

import re

from sprm.text.heads.vocabulary import ADVERBS, ORDINALS, PARTICLES, PREPOSITIONS, PRONOUNS
from sprm.text.tokens import JOINING

SINGULAR = frozenset("a an one another this that each every".split())
"""The noun that follows these is singular."""
OPENERS = SINGULAR | frozenset(
    """
    the his her its their my our your these those some any both all several many few most other two three four five six
    seven eight nine ten eleven twelve dozens hundreds thousands no
    """.split()
)
"""These begin a noun phrase, wherever they stand, but for a number after another of these."""
NUMBERS = ORDINALS | frozenset("one two three four five six seven eight nine ten other few several many most".split())
"""These may follow another opener."""
COPULAS = frozenset("is are was were be been being am seems seem appears appear looks gets get becomes feels".split())
"""A bare word after these is an adjective, as in `the street is wet`."""
SEVERAL_WORDS = (
    ("in", "front", "of"),
    ("in", "front"),
    ("on", "top", "of"),
    ("on", "the", "side", "of"),
    ("in", "the", "middle", "of"),
    ("in", "the", "midst", "of"),
    ("next", "to"),
    ("each", "other"),
    ("one", "another"),
    ("in", "order", "to"),
    ("at", "night"),
)
"""What is read as one preposition, pronoun or adverb; of two that begin alike the longer stands first."""
NO_PHRASES = (
    PREPOSITIONS
    | PARTICLES
    | ADVERBS
    | COPULAS
    | PRONOUNS
    | (JOINING - {","})
    | frozenset(
        """
        able aboard after again almost alongside already also although amid amongst anyone anything apart apparently
        aside atop back backwards barefoot because before but can could despite did do does doing done downhill downtown
        downwards even everyone everything except forward go goes going gone had he's here how i if indoors it's just
        let lets may me mid-air midair might must nearby nobody nor nothing now only others ourselves outdoors overhead
        past ready seemingly she's should sideways since so somebody something still such that's then there there's
        they're though throughout too underneath until uphill upon upside upwards us we well went what whilst who's why
        will would yet you yourself
        """.split()
    )
)
"""No noun phrase holds these, but `of` between two."""
_LEMMAS = """
    accept adjust appear applaud approach argue ascend assemble attach attempt attend balance barbecue bark bat begin
    bend bike bite blink block blow bounce bowl brush build button buy camp carry cast catch celebrate chase chat cheer
    chew chop clean climb collide comb come compete conduct continue converse cook cover crash crawl cross crouch crowd
    cry cuddle cut cycle dance dash decorate deliver demonstrate descend dig discuss display dive doze drag draw dress
    dribble drill drink drive drum eat embrace emerge enjoy enter examine exit explain face fall feed fetch fight film
    fish fix flip float fly follow frown gallop gather gaze get give glance glide grab greet grill grin grind groom
    growl hammer hand handle hang harvest help herd hide hike hit hold hop hover huddle hug hurry inspect interact jog
    juggle jump kick kiss kneel knit land laugh lay lead lean leap leave lick lie lift like line listen load look love
    make maneuver march meet mix move nap navigate need nuzzle observe offer operate paddle paint parachute parade park
    pass pay pedal peek peer perch perform pet photograph pick pitch place plant play pluck point pose pour pout
    practice prepare present protest pull push put putt race raise rappel reach read receive relax repair rest retrieve
    ride rise roll rope row rub run rush sail saw scale scoot score scratch scream scrub seek seem sell serve sew shake
    share shoot shop shout shovel show sing sip sit skate skateboard ski skip sled sleep slice slide slip smell smile
    smoke sniff snowboard snuggle soak soar sort speak spin splash sprawl spray sprint squat stack stand stare start
    steer step stick stir stomp stop straddle stretch strike stroll strum study stumble surf surround sweep swim swing
    swirl tackle take talk taste teach tend throw tie toss touch travel trip trot try tube tug tumble turn twirl type
    undress unload untie use view wade wait wakeboard walk wander want wash watch wave wear weld wink wipe work wrestle
    write yell zip
    """
_PAST = """
    ate bent bit blew bought built caught cut danced dove drank drew dug fed fell flew fought gave got held hid hung
    knelt laid lay leant leapt made put ran read rode rose sang sat seen shook shot shown slept slid sold spun stood
    struck stuck swung taken threw thrown tied took wore worn wrote
    """
_DOUBLED = re.compile(r"[^aeiou][aeiou][bdgklmnprt]$")
NOUNS_TOO = frozenset(
    """
    balance bark bat bike block bowl brush button camp cast catch cheer climb comb cook cover cross crowd cut cycle
    dance display dive dress drill drink drive drum face fall feed fight film fish flip grill hammer hand herd hike hop
    hug jog jump kick kiss land laugh lead leap leave line load look love march need paint parachute parade park
    pass pet photograph pitch place plant play point pose practice present race rest ride roll rope row run sail
    saw scale score share shop shovel show skate skateboard ski sled slide smile smoke snowboard sort spin splash
    spray stack stand start step stick strike stroll study surf swing tackle throw tie touch trip tube turn type use
    view wakeboard walk watch wave work zip
    """.split()
)
"""Verbs that name things, too: a word before them may belong to them."""
ADJECTIVES = frozenset(
    """
    african american asian bald bearded beige big black blond blonde blue brick bright brown busy calm caucasian
    checkered chinese clean closed cold colorful concrete cream crowded curly dark deep dirty dry dusty elderly empty
    fat female fluffy furry gold golden grassy gray green grey hairy happy hard hot huge indian japanese khaki large
    leather light little long male maroon metal middle-aged muddy multicolored narrow navy old older open orange pale
    pink plaid plastic purple red rocky rough rusty sad sandy shaggy shallow shirtless short silver small snowy soft
    steep stone straight striped tall tan teal thin tiny turquoise warm wet white wide wooden yellow young younger
    """.split()
)
"""Adjectives that `and` and commas join, as in `a black and white dog`."""
NOT_ADVERBS = frozenset(
    """
    assembly barely belly brightly bubbly bully butterfly colorfully curly curly-haired differently dolly dragonfly
    early elaborately elderly family fly freshly friendly fully fully-clothed heavily highly hilly holly italy jelly
    lightly lily lovely neatly newly nicely oddly-shaped partially ply poorly prickly scantily similarly smartly
    strangely supply trolley ugly woolly wrinkly
    """.split()
)
"""Words in `-ly` that belong to a noun phrase: nouns, adjectives, and adverbs before one (`a brightly lit room`)."""
MANNERS = frozenset("high fast low close dry broken open together".split())
"""Words that by themselves say how something is done, and name nothing."""
IRREGULAR_PLURALS = frozenset("people men women children police fishermen firemen policemen geese teeth feet".split())
"""Plurals that do not end in s."""


def _third_person(lemma: str) -> str:
    if lemma.endswith(("s", "sh", "ch", "x", "z")):
        return f"{lemma}es"
    return f"{lemma[:-1]}ies" if re.search(r"[^aeiou]y$", lemma) else f"{lemma}s"


def _participle(lemma: str) -> set[str]:
    if lemma.endswith("ie"):
        return {f"{lemma[:-2]}ying"}
    stem = lemma[:-1] if lemma.endswith("e") and not lemma.endswith(("ee", "oe")) else lemma
    return {f"{stem}ing", f"{stem}{stem[-1]}ing"} if _DOUBLED.search(stem) else {f"{stem}ing"}


BASE = frozenset(_LEMMAS.split())
"""Verbs as they follow a plural: `two dogs run`."""
THIRD_PERSON = {_third_person(lemma): lemma for lemma in BASE}
"""Verbs as they follow a singular, with their base: `a dog runs`."""
GERUNDS = frozenset(form for lemma in BASE for form in _participle(lemma))
"""`running`."""
PAST = frozenset(_PAST.split())
"""Irregular past tenses and participles."""
