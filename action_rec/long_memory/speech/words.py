"""The words of the synthetic corpus: common English ones, which together have all 39 classes.

Left out are words whose vowel the synthesizer joins with an ``r`` or an ``l`` after it, as in
``car``: it tells no time between the two.
"""

WORDS = tuple(
    """
above across after again against age all almost along always and animal answer anyone apple around
ask author autumn avoid away baby back badge bag ball bath beach beauty because bed begin behind
bell beside best better between big bird black blue boat body book both bottle bottom box boy
branch bread bridge bright bring brother brown build burn bus bush busy butter button buy cage
call camera candle carry cat catch change cheap cheese child children choice church circle city
clean clock close closure cloud coat coffee coin cold color come cook country cousin cow cream
cross crowd cup curtain cushion dance daughter day decision deep desk destroy dinner division
doctor dog down draw dream dress drink drive dry dust each early earth east easy edge egg eight
empty enjoy enough evening every example eye face fall family fast father feather feel few field
fifteen fifth fight fill find finger finish first fish five flower fly follow food foot forest
forget fox fresh friday friend from fruit full funny future garage gather gentle giant girl give
glad glass go gold good grand grass gray great green ground group grow guess guide half hand happy
hat have head heavy help high hill hold hole home honey hope hospital hot hour house how huge
human hundred hurry ice inside island jacket job join joy judge juice july jump june just keep
kettle key kind king kitchen knee knife know ladder lake land language last late laugh law lead
leaf learn leather leave left leg leisure lemon length less lesson letter light like listen little
long look loose loud love lower loyal lunch machine make man many map may meal measure meat medal
meet metal middle milk mind minute mirror money month moon mother motion mountain mouse mouth move
much music narrow nation neck needle neighbor never new nice night nine noise nose nothing now
number ocean often oil old once one open orange other our out oven over owl page paint paper path
pay peace pen pencil people picture piece pig pillow place plain plan plate play please pleasure
pocket point potato pound power pretty price pull push put queen question quick rabbit race rain
raise reach read ready reason red remember rest rice rich ride ring river road rock roof room root
rose rough round row royal rule run sad safe sail salt same sand saturday say school sea season
second see seven shade shake shape she sheep shelf shine ship shirt shoe shoot shop shoulder shout
show shut side silver simple sing sister sit six size skin sky sleep slow small smile smoke smooth
snow soap soft soil some song soon sound soup south space speak spoon spring stand station stay
steam still stone stop straight strange street strong student sugar summer sun sweet swim table
tail take talk tall tea teach ten thank that them then these they thick thin thing think third
thirsty this those thought thousand three throat through throw thumb thunder thursday tie time
today toe together tomorrow tongue too tooth top touch towel tower town toy trade train travel
treasure tree trip true truth try turn twelve twenty two uncle under until up usual valley vase
very view village vision visit voice wait walk wall want wash watch water wave way we weather week
well west wet what wheel when which while white who whole why wide wife wild win wind window wing
winter wise wish with woman wonder wood wool word work world write wrong yellow yes yesterday you
young zebra
""".split()  # noqa: SIM905 (as a list, 588 lines)
)
