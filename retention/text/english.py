"""English: words of support and of leaving, written for Backstay. `*` stands for any ending."""

from typing import Final

FUNCTION_WORDS: Final = frozenset(
    """i you he she we they it is are was were be been am the of and to in that this these those for with on at from by
    an my your our their have has had do does did not don doesn didn can could would will should won isn aren wasn
    what when where how why who which there here if but or so as about us them its just any some s t m ve ll re d
    please need want get got after before because than then only every all out up more no""".split()
)
NEGATORS: Final = """not no never none without dont doesnt didnt isnt arent wasnt werent wont cant cannot couldnt wouldnt
    hasnt havent hadnt shouldnt nothing hardly barely nor neither aint lacks"""
STRONGER: Final = """very so really extremely totally absolutely completely utterly highly incredibly too simply deeply
    such truly seriously quite super"""

FEELINGS: Final = """
-4: scam, scams, scammers, scammed, fraud, fraudulent, theft, thieves, stealing from, ripped off, rip off, ripoff,
 cheated, disgusting, disgrace*, outrag*, appalling, worst, daylight robbery, con artists
-3: terrible, terribly, horrible, horribly, awful, atrocious, abysmal, dreadful, pathetic, unacceptable, inexcusable,
 shameful, scandalous, useless, worthless, garbage, rubbish, crap, crappy, trash, hate, hates, hated, furious, angry,
 livid, infuriating, disaster, catastroph*, nightmare, unusable, ridiculous, a joke, laughable, insulting, insulted,
 dishonest, liars, lied to, lying, misleading, misled, deceptive, unbelievable, fed up, sick of, sick and tired,
 had enough, lost patience, losing patience, lose patience, running out of patience, lost all trust, lost trust,
 lost faith, waste of money, waste of time, wasted my, wasted our, never again, avoid, stay away, do not buy, dont buy,
 money down the drain, regret, thanks for nothing, thank you for nothing, drives me crazy, driving me mad, rude,
 incompetent, unprofessional, disrespectful, last straw, beyond frustrating, worst of all, one star, 1 star, zero stars,
 give me my money back, want my money back, stop charging me, stop taking my, take legal action, legal action, lawyer,
 small claims, trading standards, what a mess, absolute mess, total mess
-2.5: disappoint*, let down, letdown, frustrat*, annoy*, unhappy, dissatisf*, unsatisf*, upset, regretfully leaving,
 poor, poorly, very bad, bad, worse, mess, messy, nuisance, painful, painfully, embarrass*, upsetting, ashamed,
 not happy, not satisfied, not impressed, unimpressed, not worth, overpriced, too expensive, far too expensive,
 hidden fees, hidden costs, hidden charges, overcharg*, without my consent, without asking, without permission,
 without telling, without notice, without warning, unreliable, cant rely on, cannot rely on, cant trust, cannot trust,
 nothing works, never works, never worked, does not work at all, doesnt work at all, keeps getting worse, going downhill,
 gone downhill, broken promises, broken promise, promised but, not what was promised, not as promised,
 not as described, not as advertised, does not deliver, doesnt deliver what, nobody cares, no one cares, dont care,
 ignored, ignoring, ignores, no help, zero help, not helpful, unhelpful, of no use, no use, wouldnt recommend,
 would not recommend, cannot recommend, cant recommend, expected more, expected better, expected a lot more,
 excuse after, your excuses, an excuse, nothing but trouble, nothing but problems, leave for a competitor,
 considering leaving, thinking of leaving, thinking about leaving, about to leave, done with, i am done, we are leaving,
 im leaving, i am leaving, were leaving, moving to a competitor, move to a competitor, switch to a competitor,
 switching to a competitor, switch to another, switching to another, moving to another, cheaper that works,
 full of bugs, so many bugs, riddled with, refuse to, refuses to, refused to, refusing to, waste, wasted,
 how you treat, treat customers, treat your customers
-2.5: no longer believe, dont believe you, dont know why we, dont know why i, never been treated, who are you kidding,
 are you kidding, kidding me, bait and switch, shady, sneaky, sketchy, chargeback, do not bother, dont bother,
 false advertising, pointless, mediocre, overhyped, overrated, filthy, dirty, disgusted, ruined, give up, giving up, gave up,
 tired of, bounced between, deserve better, lets us down, lets me down, let us down, let me down, do you have any idea,
 have you any idea, means nothing to you, this is how you, is this how you, none the wiser, nickel and dime*, no substance,
 put it back or, or were off, or we leave, or i leave, never asked for, did not ask for, didnt ask for, never agreed,
 never ordered, is a lie, lies, lie to, a farce, shambles, cowboys, clueless, greedy, money grabbing, cash grab, exploit*,
 blackmail, hostage, stay clear, steer clear, stop ignoring, beyond me, lousy, subpar, sub par, miserable, horrendous,
 diabolical, fobbed off, brushed off, passed the buck, broken record, falling apart, fell apart, goes wrong, went wrong,
 wild goose chase, last time i, last time we, no respect, customer from hell, never seen anything, off putting, put off
-2: if this is not fixed, if you dont fix, never showed up, nothing gets solved, nothing gets fixed, found something cheaper,
 cheaper elsewhere, cheaper alternative, not acceptable, makes no sense, no sense at all, how is this possible, shocking,
 shocked, insane, stupid, idiot*, wtf, damn, ever again, beyond a joke, poor quality, formal complaint, file a complaint,
 make a complaint, cant believe, cannot believe, not what i ordered, not what we ordered, not what i paid,
 no longer acceptable, a disgrace, in circles, no solution, no fix, not a single, do your job, wake up,
 worst enemy, my worst enemy, complicated, confusing, clumsy, unclear, cumbersome, clunky, horrid, slow support, unstable, shame, pity, hopeless,
 no reply, no response, no answer, never answer*, never repl*, never respond*, never got back, nobody answers,
 nobody replies, nobody responds, no one answers, no one replies, no one responds, still no, still nothing,
 still waiting, kept waiting, keep waiting, waiting for weeks, nobody has, no one has, nobody helps, no one helps,
 hung up, passed from, sent from one, passed around, pushed around, yet another, once again, third time, fourth time,
 fifth time, tenth time, every single time, all the time, over and over, time and again, keeps crash*, keeps freez*,
 keeps fail*, keeps happening, keep charging, keeps charging, still charging, still being charged, still being billed,
 charged me again, billed me again, charged twice, billed twice, double charged, charged me twice, charged us twice,
 charged my card twice, billed me twice, took my money, taking my money, wrong again, late again, down again,
 broken again, fails again, happened again, lost our data, lost data, lost all, lost everything, data loss, months ago,
 out of date, outdated, horribly, worries me, suspicious, unfair, cold and, doesnt care, copy paste answers,
 canned answers, canned responses, why is it so hard, why is it so difficult, so hard to, so difficult to, impossible,
 price increase again, another price increase, yet again, terminate the contract, we will leave, i will leave,
 go elsewhere, going elsewhere, look elsewhere, looking elsewhere, took ages, takes ages, takes forever, took forever,
 for ages, enough is enough, could be so good, could be so much better, could be better, could have been better, always late, never arrived, never came, never received, never will, missing again
-1.4: not renewing, wont renew, will not renew, calling it a day, breaks our, breaks my, broke our, broke my, out of order,
 not even, what is the point, whats the point, why do we pay, what do we pay, what am i paying, what are we paying,
 is anyone there, anybody there, anyone there, silence, chased, chasing, hike, melted, apologise to, had to apologise,
 to apologise, non refundable, upsell*, half of, twice as many, takes twice, seriously, forty, wasting, hours late,
 weeks late, days late, once more, expected a human, until you were, paper now, consider this our, any idea
-0.8: used to be good, used to be great, used to be better, used to work, promised, if it is not, again, crash*, freez*, broke, broken, damaged, defective, faulty, rotten, delayed, wrong item, wrong order,
 wrong product, wrong size, late, slow, slowly, cant work, cannot work, unable to work, weeks ago, weeks later,
 days later, hours later, hours wasted, for weeks, for months, for days, problem*, complain*, issue after,
 expensive, pricey, concern*, worried, hassle, trouble, difficult, hard to, lacking, is missing, was removed, removed,
 inconvenien*, lost, losing, fail*, doesnt work, does not work, dont work, not working, isnt working, wont work,
 stopped working, no longer works, has disappeared, disappeared, waste your
-0.4: error*, bug, bugs, outage*, down, stuck, unfortunately, sadly, still, missing, incorrect, mistake*, wrong
4: best, outstanding, exceptional, flawless, flawlessly, couldnt be happier, could not be happier, love it, adore,
 life saver, lifesaver, five stars, 5 stars
3: love, loves, loved, excellent, amazing, awesome, fantastic, wonderful, brilliant, superb, perfect, perfectly, great,
 delighted, thrilled, impressed, impressive, highly recommend, would recommend, recommend it, can recommend, recommend,
 kudos, well done, hats off, keep it up, great job, good job, great work, nice work, top notch, first class,
 no complaints, cant complain, cannot complain, nothing to complain, no reason to complain, never had a problem,
 never had any problem*, never had any issue*, exactly what i needed, exactly what we needed, exactly what i was,
 exactly what we were, changed my mind, does what it says, does what it promises, saved me, saves me, saves us, saved us, grown on me, pleasant surprise,
 nice surprise, works like a charm, works perfectly, no problems, no issues, best ever, game changer
2: good, happy, glad, pleased, satisfied, nice, helpful, friendly, kind, reliable, intuitive,
 smooth, smoothly, enjoy*, like it, we like, i like, appreciat*, grateful, fair,
 great value, good value, worth it, worth the money, solved my, solved our, solved the, works well, works great,
 works fine, works again, fixed quickly, improve*, better than, like a dream, in no time, straight away, stable,
 polite, efficient, smart, elegant, beautiful, comfortable, useful, convenient
1.5: patient, easy, easily, simple, fast, faster, quick, quickly, clear, clearly
0: want to like it, at best, best regards, best wishes, kind regards, kind of, good morning, good afternoon, good evening,
 good day, great deal of, would be great, would be good, would be nice, would like it, bad debt, nice to have, is it normal,
 a clear answer, clear the, happy to provide, happy to send, glad to provide, recommended, fast track, fair use
2: miles ahead, props to, extra mile, did the trick, says it all, sorted me, sorted out, sorted it, spot on, to the point,
 up and running, lightning, hiccup, felt like home, buy again, come back again, be back, gentleman, a gem, legend, lifesaver,
 brilliant, solid, generous, thoughtful, cant imagine, smartest, without a hitch, second to none, hassle free, worth every,
 must have, big fan, keep up the, thanks a million, much obliged, nailed it, a joy, delight*, easier, flawless, superb
0.6: thanks, thank you, thank, cheers, better, works, working, fixed, resolved
"""

TOPICS: Final = """
cancellation 3: cancel*, unsubscrib*, terminate, termination, close my account, close our account, close the account,
 closing my account, delete my account, delete our account, end my subscription, end our subscription,
 end the subscription, stop the subscription, stop my subscription, stop our subscription, end of the contract,
 end the contract, end my membership, not renew, dont renew, not to renew, wont renew, do not want to renew,
 dont want to renew, notice period, leaving you, leave you, we are leaving, i am leaving, stop my membership,
 switch to another, switching to another, moving to a competitor, opt out of my plan, deactivate my account
cancellation 3: contract ends, our notice, my notice, close his account, close her account, close their account,
 pause my membership, not renewing, calling it a day, im leaving, only leaving, wont need ours, two subscriptions,
 remove the older, end it, ending our contract, ending my contract, want out, opt out, cancelled by, cancelled in,
 moving away from, terminating, last invoice, or were off, stop my plan, downgrade to free, discontinue
cancellation 2: leaving, subscription, membership, contract, quit, resign, competitor
billing 2: invoice*, bill, billed, billing, charge, charged, charges, charging, overcharg*, refund*, money back, payment*,
 pay, paid, paying, price, prices, pricing, price increase, expensive, overpriced, worth the money, the money, fee, fees, discount*, vat,
 receipt*, credit card, my card, debit*, direct debit, bank, subscription fee, annual billing, monthly billing,
 tax, costs, cost, coupon, voucher, euros, dollars, pounds, value for the price, value for money, renewal price
billing 2: hike, my statement, bank statement, renewal i, renewal fee, credit you applied, chargeback, dunning, accounts payable,
 purchase order, instalment*, installment*, accounting, cost centre*, cost center*, non profit, bank transfer, wire transfer,
 money, checkout, paypal, iban, subscription price, settled, statement, non refundable, quote, licence fee, annual fee
billing 1: cheap, cheaper
billing 3: refund, credit note, double charged, charged twice, payment method, money back
access 3: log in, login, logging in, log me out, logs me out, logged out, sign in, signing in, password*, locked out,
 two factor, 2fa, authentication code, verification code, reset my, sso, single sign on, admin rights, my access, no access,
 her access, his access, their access, access to my, access to our, invitation link, invite link, blocked my account,
 account has been blocked, account is blocked, account is locked, permission to access
access 3: read only rights, rights on, account back, suspended our account, suspended my account, session has expired,
 receives the codes, the code, new code, codes, certificate, locked account, unlock, recover my account, account recovery
access 2: invitation*, username, credentials, passcode, access, admin
delivery 2: sofa, groceries, driver, slot, size, scratch*, melted, restaurant, meal, food, pizza, doorstep, neighbour,
 neighbor, in the rain, carrier, post office, customs, express, screws, missing from, in stock, out of stock, stock, refill
delivery 2: deliver*, shipping, shipment, shipped, ship, parcel*, package*, courier*, driver, tracking, in transit,
 order, orders, ordered, arrived, arrive, arrives, return the, send it back, send back, returned, replacement, item, items,
 warehouse, box, dispatch*, my stuff, my things, damaged on arrival, packaging, packed
technical 2: crash*, bug, bugs, error*, outage*, timeout*, server*, freez*, frozen, not working, doesnt work,
 does not work, stopped working, slow, slower, slowly, loading, load, loads, screen, page, browser, firefox, chrome, app,
 sync*, upload*, download*, last update, latest update, the update, after updating, upgrade, version, integration fails, data loss, lost data, fails, failing, stable,
 unstable, performance, system is down, is down, keeps crashing, print*, blank page, not load, button, glitch*, nothing works, permission denied
technical 2: dashboard*, notification*, embed*, platform, autosave, hiccup*, scanner, plugin, rate limit, responses, line breaks,
 redesign, reports come, reports take, empty report*, layout, chart, charts, graph, widget*, webhook*, blank frame, android,
 iphone, ios, windows, mac, tablet, laptop, reboot*, restart*, backup, restore, open a document, calendar, quick now,
 lags, laggy, latency, delay between, disappears, vanish, vanishes, duplicates, integration, status page, not update
technical 1: reports, report, export, import, login page, search, system, software, data, api, fast, faster
missing_feature 3: feature request, would be great if, would be nice if, would be good if, wish you had, wish there was,
 we were missing, please add, could you add, can you add, if you could add, do you plan, plan to support, on the roadmap, on your roadmap,
 roadmap, are you planning, miss an option, we need a way, need an option, missing feature, feature is missing,
 feature i asked, feature we asked, features we need, we miss, please let us, dark mode
missing_feature 3: any chance of, on your list, itd help us if, would help us if, it would help if, would help if, connector,
 we suggested, i suggested, keyboard shortcut*, bulk edit*, offline mode, you removed the, removed the pdf, have you thought,
 have you considered, ever consider, add support for, lacks a, is there a plan, any plans to, when will you add
missing_feature 2: shortcut*, feature, features, option to, suggestion, integration with, functionality
support 2: live chat, phone number, promised a call, a call on, following up, followed up, forward this, chased, bounced between,
 automated reply, get through to, speak to, talk to someone, reach someone, log file you, customer services, trick,
 service desk, your people, my message, told me to, escalate*, manager, supervisor
support 2: support, customer service, customer care, agent*, ticket*, helpdesk, help desk, hotline, chatbot, call me,
 call back, called back, called me back, call us, on the phone, phone call, call was, hung up, passed from, passed around, representative*,
 account manager, got back to, get back to, no reply, no response, no answer, reply, replies, respond, responded,
 answer my, answers my, answer the, staff, your team, colleague, emails, contact person
how_to 2.5: how do i, how do we, how can i, how can we, how to, where do i, where do we, where can i, where can we,
 is there a way, is it possible to, can you explain, could you explain, how does, how do the, how many, which file,
 documentation, manual, tutorial*, set this up, set up, setup, easy to use, user guide, instructions, training
how_to 2.5: difference between, what columns, which columns, how should, how long does, help page, walkthrough, onboarding,
 up and running, import our, wed like to import, we would like to import, can the, is it normal, is this expected,
 on her own, on his own, what does, what is the best way, step by step, videos, learning curve, default
how_to 2: can i use, can i, guide, learn, understand, complicated, confusing
"""
