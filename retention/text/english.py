"""English: words of support and of leaving, written for Backstay. `*` stands for any ending."""

from typing import Final

FUNCTION_WORDS: Final = """
about after all am an and any are aren as at be because been before but by can could d did didn do does doesn don
every for from get got had has have he here how i if in is isn it its just ll m more my need no not of on only or our
out please re s she should so some t than that the their them then there these they this those to up us ve want was
wasn we were what when where which who why will with won would you your
"""
NEGATORS: Final = """
not no never none without dont doesnt didnt isnt arent wasnt werent wont cant cannot couldnt wouldnt hasnt havent
hadnt shouldnt nothing hardly barely nor neither aint lacks
"""
STRONGER: Final = """
very so really extremely totally absolutely completely utterly highly incredibly too simply deeply such truly
seriously quite super
"""

FEELINGS: Final = """
-4: appalling, cheated, con artists, criminal, crooks, daylight robbery, disgrace*, disgusting, extortion, fraud,
    fraudulent, outrag*, rip off, ripoff, ripped off, robbed, robbery, scam, scammed, scammers, scams, stealing from,
    stole from, swindle*, theft, thieves, worst
-3: 0 10, 1 10, 1 star, 2 10, a joke, a shame on, absolute mess, abysmal, angry, at my wits, atrocious, avoid, awful,
    beware, beyond frustrating, bloody, buyer beware, catastroph*, cost us customers, costing us customers, costing us
    money, couldnt make it up, crap, crappy, deceptive, disaster, dishonest, disrespected, disrespectful, do not buy,
    do not trust, dont buy, dont trust, dont waste, dreadful, drives me crazy, driving me mad, fed up, furious,
    garbage, give me my money back, had enough, had it with, hate, hated, hates, hopeless, horrible, horribly, i
    demand, i have had it, in tears, incompetent, inexcusable, infuriating, insulted, insulting, last straw,
    laughable, lawyer, leave me alone, legal action, liars, lied to, livid, lose patience, losing customers, losing
    patience, lost a customer, lost a loyal customer, lost all trust, lost faith, lost my business, lost patience,
    lost trust, lying, made me cry, misleading, misled, money down the drain, never again, never come back, never
    order again, never shop, never use them, never use this, nightmare, one star, out of business, pathetic, refuse to
    use, refuses to use, regret, ridiculous, ripping, rubbish, rude, running out of patience, save your money,
    scandalous, shame on you, shameful, sick and tired, sick of, small claims, stay away, stop charging me, stop
    contacting me, stop taking my, take legal action, take my business, taking my business, terrible, terribly, thank
    you for nothing, thanks for nothing, total mess, trading standards, trash, unacceptable, unbelievable,
    unprofessional, unusable, useless, want my money back, waste of money, waste of time, wasted my, wasted our, what
    a mess, will never, wits end, worst of all, worthless, would not wish, zero out of, zero stars
-2.5: a farce, about to leave, am i supposed, an excuse, annoy*, are you kidding, arrogant, ashamed, at least load,
    bad, bait and switch, betrayed, beyond me, blackmail, blame me, blamed, blaming me, bounced between, broken
    promise, broken promises, broken record, brushed off, buggy, came apart, cannot recommend, cannot rely on, cannot
    trust, cant recommend, cant rely on, cant trust, cash grab, caused more work, chargeback, cheaper that works,
    clueless, cockroach*, condescending, considering leaving, could not care less, couldnt care less, cowboys,
    customer from hell, dangerous, dead end, deserve better, diabolical, did not ask for, didnt ask for, different
    answers, dirty, disappoint*, disgusted, disgustingly, dissatisf*, do not bother, do you have any idea, does not
    deliver, does not work at all, doesnt deliver what, doesnt work at all, done with, dont believe you, dont bother,
    dont care, dont know why i, dont know why we, downgrade in quality, embarrass*, excuse after, excuses, expected a
    lot more, expected better, expected more, exploit*, falling apart, false advertising, far too expensive, fell
    apart, filthy, fob*, fobbed off, from scratch, frustrat*, full of bugs, gave up, ghosted, give up, giving up, goes
    wrong, going downhill, gone downhill, gone off, greedy, hacked, have you any idea, hidden charges, hidden costs,
    hidden fees, hoops, horrendous, hostage, how hard can it, how you treat, i am done, i am leaving, ignored,
    ignores, ignoring, im leaving, in pieces, inedible, is a lie, is this how you, isnt fixed, it never is, keeps
    getting worse, kidding me, last time i, last time we, leave for a competitor, let down, let me down, let us down,
    letdown, lets me down, lets us down, lie to, lies, lousy, means nothing to you, mediocre, mess, messy, miserable,
    moldy, money grabbing, more harm than, more work than, mouldy, move to a competitor, moving to a competitor,
    moving to another provider, never agreed, never asked for, never been treated, never fixed, never ordered, never
    seen anything, never worked, never works, nickel and dime*, no help, no help whatsoever, no longer believe, no one
    cares, no respect, no substance, no use, nobody cares, none the wiser, not as advertised, not as described, not as
    promised, not fixed, not happy, not helpful, not impressed, not satisfied, not what was promised, not worth,
    nothing but problems, nothing but trouble, nothing they can do, nothing we can do, nothing works, nuisance, of
    excuses, of no use, off putting, or i leave, or we leave, or were off, overcharg*, overhyped, overpriced,
    overrated, painful, painfully, passed the buck, patronising, patronizing, pointless, poor, poorly, promised but,
    put it back or, put off, radio silence, refuse to, refused to, refuses to, refusing to, regretfully leaving,
    riddled with, ruined, seem to care, seems to care, shady, shambles, sketchy, smashed, smelled, smelt, sneaky, so
    many bugs, stained, stains, stank, stay clear, steer clear, step back, step backwards, stinks, stop ignoring, sub
    par, subpar, switch to a competitor, switch to another provider, switching to a competitor, switching to another
    provider, the excuses, thinking about leaving, thinking of leaving, this is how you, three different answers,
    tired of, to care less, too expensive, too much to ask, treat customers, treat your customers, undercooked,
    unhappy, unhelpful, unimpressed, unreliable, unsafe, unsatisf*, upset, upsetting, very bad, waste, wasted, we are
    leaving, went bad, went wrong, were leaving, who are you kidding, who is responsible, wild goose chase, without
    asking, without my consent, without notice, without permission, without telling, without warning, worse, worse
    than before, worse than ever, would not recommend, wouldnt recommend, your excuses, zero help
-2: a disgrace, a month late, a week late, always late, another price increase, are wrong every, been waiting for
    days, been waiting for over, been waiting for weeks, been waiting nine, beyond a joke, billed me again, billed me
    twice, billed twice, broken again, call dropped, can not even, canned answers, canned responses, cannot believe,
    cannot even, cant believe, cant even, charged me again, charged me twice, charged my card twice, charged twice,
    charged us twice, chase you, chasing you, cheaper alternative, cheaper elsewhere, claims i wasnt, claims that i,
    clumsy, clunky, cold and, complicated, confusing, copy paste answers, could be better, could be so good, could be
    so much better, could have been better, countless, cumbersome, damn, data loss, days late, days running, didnt
    even, do your job, doesnt care, doesnt even, double charged, down again, dozens of, drops all, drops every,
    endless, enough is enough, ever again, every single day, every single month, every single time, every single week,
    fails again, fifth time, file a complaint, for ages, formal complaint, found something cheaper, fourth time, gave
    up and, go elsewhere, going elsewhere, got cut off, happened again, horrid, how is this possible, hung up, i will
    leave, idiot*, if this is not fixed, if you dont fix, impossible, in a row, in circles, insane, ive been waiting
    for days, keep charging, keep waiting, keeps charging, keeps crash*, keeps fail*, keeps freez*, keeps happening,
    kept waiting, late again, look elsewhere, looking elsewhere, lost all, lost data, lost everything, lost our data,
    make a complaint, makes no sense, missing again, month running, months ago, more than once, my worst enemy, never
    answer*, never arrived, never came, never got back, never received, never repl*, never respond*, never showed up,
    never will, no answer, no fix, no longer acceptable, no one answers, no one has, no one helps, no one replies, no
    one responds, no reply, no response, no sense at all, no solution, nobody answers, nobody has, nobody helps,
    nobody replies, nobody responds, not a single, not acceptable, not even able, not what i ordered, not what i paid,
    not what we ordered, nothing gets fixed, nothing gets solved, on hold, once again, ordered from someone else, out
    of date, outdated, over and over, passed around, passed from, pity, poor quality, price increase again, promised
    for, pushed around, said it would, second time, sent from one, shame, shocked, shocking, slow support, so
    difficult to, so hard to, someone else, still being billed, still being charged, still charging, still no, still
    nothing, still waiting, stone cold, stupid, supposed to arrive, supposed to be here, suspicious, takes ages, takes
    forever, taking my money, tenth time, terminate the contract, third time, time and again, took ages, took forever,
    took my money, twice already, two weeks late, unclear, unfair, unstable, waiting for over, waiting for weeks,
    waiting nine, waiting since, wake up, we will leave, week running, why is it so difficult, why is it so hard, wont
    even, worries me, worst enemy, wrong again, wrong every, wtf, yet again, yet another
-1.4: any idea, anybody there, anyone there, apologise to, breaks my, breaks our, broke my, broke our, calling it a
    day, chased, chasing, consider this our, expected a human, forty, had to apologise, half of, hike, hours late, is
    anyone there, melted, non refundable, not even, not renewing, once more, out of order, paper now, seriously,
    silence, takes twice, to apologise, twice as many, until you were, upsell*, wasting, weeks late, what am i paying,
    what are we paying, what do we pay, what is the point, whats the point, why do we pay, will not renew, wont renew
-1: at the last minute, denied, five times, got another, hidden, ignoring me, ive been waiting, no one at, nobody at,
    refused, six times, somewhere else, stopped responding, supposed to be, ten times, wrong size
-0.8: again, broke, broken, cannot work, cant work, complain*, concern*, crash*, damaged, days later, defective,
    delayed, difficult, disappeared, does not work, doesnt work, dont work, expensive, fail*, faulty, for days, for
    months, for weeks, freez*, hard to, has disappeared, hassle, hours later, hours wasted, if it is not,
    inconvenien*, is missing, isnt working, issue after, lacking, late, losing, lost, no longer works, not working,
    pricey, problem*, promised, removed, rotten, slow, slowly, stopped working, trouble, unable to work, used to be
    better, used to be good, used to be great, used to work, was removed, waste your, weeks ago, weeks later, wont
    work, worried, wrong item, wrong order, wrong product
-0.4: bug, bugs, down, error*, incorrect, missing, mistake*, outage*, sadly, still, stuck, unfortunately, wrong
4: 5 stars, adore, best, could not be happier, couldnt be happier, exceptional, five stars, flawless, flawlessly, life
    saver, lifesaver, love it, outstanding
3: 10 10, amazing, as it should be, awesome, best ever, better than advertised, better than expected, beyond
    expectations, brilliant, can recommend, cannot complain, cannot recommend enough, cannot recommend them enough,
    cant complain, cant recommend it enough, cant recommend them enough, changed my mind, couldnt do enough,
    delighted, does what it promises, does what it says, exactly what i needed, exactly what i was, exactly what we
    needed, exactly what we were, exceeded, excellent, fantastic, first class, full marks, game changer, good job,
    great, great job, great work, grown on me, hats off, highly recommend, how it should be, impressed, impressive,
    just works, keep it up, kudos, love, loved, loves, never had a problem, never had any issue*, never had any
    problem*, never looked back, nice surprise, nice work, no complaints, no issues, no more dropouts, no problems, no
    reason to complain, nothing to complain, painless, perfect, perfectly, pleasant surprise, pleasantly surprised,
    recommend, recommend it, recommend them enough, saved me, saved us, saves me, saves us, superb, ten out of ten,
    thats how, thrilled, top notch, well done, wonderful, works like a charm, works perfectly, would recommend
2: a gem, a joy, appreciat*, be back, beautiful, better than, big fan, buy again, cant imagine, come back again,
    comfortable, convenient, delight*, did the trick, easier, efficient, elegant, enjoy*, extra mile, fair, felt like
    home, fixed quickly, friendly, generous, gentleman, glad, good, good value, grateful, great value, happy, hassle
    free, helpful, hiccup, i like, improve*, in no time, intuitive, keep up the, kind, legend, lightning, like a
    dream, like it, miles ahead, much obliged, must have, nailed it, nice, pleased, polite, props to, reliable,
    satisfied, says it all, second to none, smart, smartest, smooth, smoothly, solid, solved my, solved our, solved
    the, sorted it, sorted me, sorted out, spot on, stable, straight away, thanks a million, thoughtful, to the point,
    up and running, useful, we like, without a hitch, works again, works fine, works great, works well, worth every,
    worth it, worth the money
1.5: clear, clearly, easily, easy, fast, faster, patient, quick, quickly, simple
0.6: better, cheers, fixed, resolved, thank, thank you, thanks, working, works
0: a clear answer, a nice day, another provider address, at best, bad debt, be good, be great, be helpful, be nice, be
    useful, best regards, best time, best way, best wishes, clear the, could be useful, difficult to say, every time i
    click, fair use, fast track, feel free, glad if, glad to provide, good afternoon, good day, good deal of, good
    evening, good morning, great deal of, happy if, happy to pay, happy to provide, happy to send, in good condition,
    in the best, is it normal, kind enough, kind of, kind regards, like to, love to have, love to see, many thanks in,
    more easily, moving to another city, moving to another country, nice to have, recommended, second page, second
    tab, second time zone, second user, thank you in advance, thanks in advance, want to like it, would be good, would
    be great, would be nice, would like it, would love
"""

TOPICS: Final = """
access 3: 2fa, access to my, access to our, account back, account has been blocked, account is blocked, account is
    locked, account recovery, admin rights, authentication code, blocked my account, certificate, codes, external
    users, hacked, her access, his access, invitation link, invite link, invite users, locked account, locked out, log
    in, log me out, logged in, logged out, logging in, login, logs me out, my access, new code, no access, password*,
    permission to access, read only rights, receives the codes, recover my account, reset my, rights on, session has
    expired, sign in, signing in, single sign on, sso, suspended my account, suspended our account, the code, their
    access, two factor, unlock, user roles, verification, verification code, verify my phone, which role
access 2: access, admin, credentials, invitation*, passcode, username
billing 3: charged twice, credit note, double charged, payment method, refund
billing 2: a month, accounting, accounts payable, afford*, annual billing, annual fee, annual plan, bank, bank
    statement, bank transfer, bill, billed, billing, billing address, charge, chargeback, charged, charges, charging,
    checkout, cost, cost center*, cost centre*, costs, coupon, credit card, credit you applied, debit*, direct debit,
    discount code, discount*, dollars, dunning, euros, expensive, fee, fees, good deal, hike, iban, installment*,
    instalment*, invoice*, kind of money, kind of price, licence fee, money, money back, monthly billing, monthly
    plan, my bill, my card, my statement, non profit, non refundable, overcharg*, overpriced, paid, pay, paying,
    payment*, paypal, per month, pounds, premium plan, price, price increase, prices, pricing, purchase order, quote,
    receipt*, refund*, renewal fee, renewal i, renewal price, save your money, seats, settled, small print, statement,
    subscription fee, subscription price, tax, the money, value for money, value for the price, vat, voucher, wire
    transfer, worth the money
billing 1: cheap, cheaper
cancellation 3: calling it a day, cancel my membership, cancel*, cancelled by, cancelled in, change provider, changing
    provider, close her account, close his account, close my account, close our account, close the account, close
    their account, closing my account, closing the business, contract ends, deactivate my account, delete all my data,
    delete my account, delete our account, discontinue, do not want to renew, dont renew, dont want to renew,
    downgrade to free, end it, end my membership, end my subscription, end of the contract, end our contract, end our
    subscription, end the contract, end the subscription, ending my contract, ending our contract, going to renew, i
    am leaving, i am switching, im leaving, im switching, last invoice, leave you, leaving you, moved to a competitor,
    moving away from, moving to a competitor, my notice, not going to renew, not renew, not renewing, not to renew,
    notice period, only leaving, opt out, opt out of my plan, or were off, our notice, pause my membership, remove the
    older, stop contacting me, stop my membership, stop my plan, stop my subscription, stop our subscription, stop the
    subscription, switch to another, switching to, switching to another, terminate, terminating, termination, two
    subscriptions, unsubscrib*, want out, we are leaving, we are switching, wont need ours, wont renew
cancellation 2: competitor, contract, leaving, membership, quit, resign, subscription
delivery 3: collect my order, in pieces, leave the parcel, only received, pick up in store, pickup point, return
    label, return my, send back, sent it back, stone cold, third arrive, wasnt home
delivery 2: arrive, arrived, arrives, box, carrier, courier*, customs, damaged on arrival, deliver*, dispatch*,
    doorstep, driver, express, food, groceries, in stock, in the rain, in transit, item, items, meal, melted, missing
    from, my stuff, my things, neighbor, neighbour, order, ordered, orders, out of stock, package*, packaging, packed,
    parcel*, pizza, post office, refill, replacement, restaurant, return the, returned, scratch*, screws, send it
    back, ship, shipment, shipped, shipping, size, slot, sofa, stock, tracking, warehouse
how_to 3: automatic reminders, do i have to, do we have to, easy to learn, help articles, interface is, setting up, so
    confusing, training session, upload our, user friendly, where can i upload, which screens
how_to 2.5: can the, can you explain, could you explain, default, difference between, documentation, easy to use, help
    page, how can i, how can we, how do i, how do the, how do we, how does, how long does, how many, how should, how
    to, import our, instructions, is it normal, is it possible to, is there a way, is this expected, learning curve,
    manual, on her own, on his own, onboarding, set this up, set up, setup, step by step, training, tutorial*, up and
    running, user guide, videos, walkthrough, we would like to import, wed like to import, what columns, what does,
    what is the best way, where can i, where can we, where do i, where do we, which columns, which file
how_to 2: can i, can i use, complicated, confusing, guide, learn, understand
missing_feature 3: add support for, any chance of, any plans to, are you planning, are you planning to, asking for a,
    be able to tag, be possible to add, be useful to be able, been waiting for, bulk edit*, can you add, cant even
    sort, connector, could you add, dark mode, dark theme, do you plan, ever consider, feature i asked, feature is
    missing, feature request, feature we asked, features we need, have you considered, have you thought, i suggested,
    if you could add, is there a plan, it would help if, itd help us if, keyboard shortcut*, lacks a, love to see,
    miss an option, missing feature, need an option, offline mode, on the roadmap, on your list, on your roadmap, plan
    to support, planning to support, please add, please let us, plugin, possible to have, removed the pdf, roadmap,
    thinking of adding, we had been waiting, we miss, we need a way, we suggested, we were missing, wed like to have,
    when will you add, wish there was, wish you had, would be good if, would be great if, would be nice if, would be
    useful to, would help if, would help us if, you removed the
missing_feature 2: feature, features, functionality, integration with, option to, shortcut*, suggestion
support 3: chat closed, different people, engineer was, every time i ring, proper answer, raised this with, response
    time, stayed on the line, technical support contact, technician
support 2: a call on, account manager, agent*, answer my, answer the, answers my, automated reply, bounced between,
    call back, call me, call us, call was, called back, called me back, chased, chatbot, colleague, contact person,
    customer care, customer service, customer services, emails, escalate*, followed up, following up, forward this,
    get back to, get through to, got back to, help desk, helpdesk, hotline, hung up, live chat, log file you, manager,
    my message, no answer, no reply, no response, on the phone, passed around, passed from, phone call, phone number,
    promised a call, reach someone, replies, reply, representative*, respond, responded, service desk, speak to,
    staff, supervisor, support, talk to someone, ticket*, told me to, trick, your people, your team
technical 3: broadband, buggy, certificate warning, connection, does not connect, doesnt connect, dropouts, drops
    every, error code, isnt detected, logged out whenever, microphone, not detected, restart your software, router,
    running smoothly, spam, thermostat, wifi
technical 2: after updating, android, app, autosave, backup, blank frame, blank page, browser, bug, bugs, button,
    calendar, camera, chart, charts, chrome, crash*, dashboard*, data loss, delay between, device, disappears, does
    not work, doesnt work, download*, duplicates, embed*, empty report*, error*, failing, fails, firefox, freez*,
    frozen, glitch*, graph, hiccup*, installation, integration, integration fails, internet, ios, iphone, is down,
    keeps crashing, laggy, lags, laptop, last update, latency, latest update, layout, line breaks, load, loading,
    loads, lost data, mac, not load, not update, not working, nothing works, notification*, open a document, outage*,
    page, performance, permission denied, platform, plugin, print a, print*, printer, quick now, rate limit, reboot*,
    redesign, reports come, reports take, responses, restart*, restore, safari, scanner, screen, sensor, server*,
    signal, slow, slower, slowly, stable, status page, stopped working, sync*, system is down, tab, tablet, the
    update, timeout*, unstable, upgrade, upload*, vanish, vanishes, version, webhook*, website, widget*, windows
technical 1: api, data, export, fast, faster, import, login page, report, reports, search, software, system
"""
