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
        if because so but nor yet then after before until since whilst although though amongst atop amid alongside
        aboard underneath throughout upon despite except past onto off back forward backwards sideways upside apart
        nearby overhead downhill uphill upwards downwards outdoors indoors downtown barefoot aside midair mid-air there
        here has had have do does did doing done can could will would may might must should going goes go went gone
        being about also too just almost only still even now again already what how why where when whose such
        others everyone everything nothing something anything anyone nobody somebody i we you us me yourself ourselves
        to not each't it's they're he's she's that's there's who's let lets ready able well seemingly apparently like
        """.split()
    )
)
"""No noun phrase holds these, but `of` between two."""
_LEMMAS = """
    stand sit walk run jump hold wear ride lay lie lean hang look play throw catch watch smile laugh talk speak climb
    swim fly fall kick hit swing skate ski surf slide slip race chase bite lick carry push pull drag lift raise reach
    stretch bend kneel crouch squat sleep rest relax eat drink cook cut prepare make take give get put place pick grab
    point wave pose perform sing dance read write draw paint work build repair fix clean wash sweep shovel dig dive
    leap bounce flip spin turn roll crawl march gather wait stare gaze glance peer face enjoy try use show display
    drive park travel cross pass enter leave follow lead attempt perform practice compete fight wrestle tackle block
    serve sell buy shop pay hug kiss embrace share help teach listen attend celebrate cheer applaud photograph film
    fish hike camp bike cycle paddle row sail splash soak spray pour blow shake dress undress cover surround decorate
    dribble shoot score pitch bat juggle balance grind land soar hover float glide trot gallop bark growl fetch retrieve
    sniff dig peek appear stop start begin continue move approach come meet greet examine inspect study observe view
    type knit sew weld hammer drill saw chop slice stir mix grill barbecue feed pet groom brush comb wipe scrub load
    unload stack sort attach tie untie zip button strum drum conduct toss bowl putt smoke chew blow sip
    taste smell touch scratch rub hide seek play wade tug herd rope straddle perch sprawl rise emerge exit descend
    ascend scale rappel parachute skateboard snowboard wakeboard sled tube scoot pedal steer maneuver navigate wander
    stroll jog sprint rush hurry dash stumble trip crash collide interact converse chat discuss argue yell shout scream
    cry pout grin frown wink blink nap doze snuggle cuddle nuzzle receive accept offer hand deliver
    demonstrate explain present protest parade assemble line huddle crowd want need love like seem stick strike cast
    compete operate handle adjust tend plant harvest pluck stomp step skip hop twirl tumble swirl
    """
_PAST = """
    stood sat ran held wore rode laid lay leant hung threw caught flew fell swung slid bit bent knelt slept ate drank
    cut made took gave got put sang danced read wrote drew built dug dove leapt spun fought sold bought blew shook shot
    fed tied hid rose struck stuck worn seen shown taken thrown
    """
_DOUBLED = re.compile(r"[^aeiou][aeiou][bdgklmnprt]$")
NOUNS_TOO = frozenset(
    """
    stand walk run look play watch swing race fish drink cook cut point wave dance paint work park cross pass block
    shop share film bike cycle row sail spray cover show display dress drive face pitch bat land view type hammer drill
    saw grill pet brush rope button drum bowl smoke sled tube scale parachute skateboard snowboard wakeboard line crowd
    hand present parade step plant cast rest ski surf slide splash stack trip ride hike camp skate climb fight turn roll
    place pose score film study start jump dive throw catch kick smile use love line tie zip comb whip stroll jog hop
    flip spin leap lead stick strike rock feed touch need sort herd load shot shovel light tackle fall balance laugh
    kiss hug photograph practice march bark cheer leave
    """.split()
)
"""Verbs that name things, too: a word before them may belong to them."""
ADJECTIVES = frozenset(
    """
    black white cream red blue green yellow orange pink purple brown gray grey tan beige gold golden silver maroon navy
    turquoise teal khaki blond blonde dark light pale bright multicolored colorful striped plaid checkered
    young old older younger elderly middle-aged little small big large tall short long wide narrow huge tiny thin fat
    wet dry dirty muddy clean sandy snowy rocky grassy dusty rusty shallow deep calm rough steep curly straight furry
    fluffy shaggy wooden metal concrete brick stone plastic leather hairy bald bearded shirtless male female asian
    african caucasian indian chinese japanese american happy sad busy crowded empty open closed hot cold warm soft hard
    """.split()
)
"""Adjectives that `and` and commas join, as in `a black and white dog`."""
NOT_ADVERBS = frozenset(
    """
    family elderly lovely friendly curly ugly early belly jelly bully fly supply assembly woolly hilly oddly-shaped
    prickly wrinkly bubbly curly-haired brightly colorfully newly freshly heavily partially fully lightly highly
    butterfly dragonfly barely scantily poorly nicely smartly neatly elaborately similarly differently strangely
    italy ply fully-clothed dolly trolley lily holly
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
