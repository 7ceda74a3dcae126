"""Italian: words of support and of leaving, written for Backstay. `*` stands for any ending; accents do not matter."""

from typing import Final

FUNCTION_WORDS: Final = """
abbiamo agli al all alla alle anche ancora avete buonasera buongiorno c che chi ci come con cosa cui d da dal dalla
degli dei del dell della delle dello di dove e ed era essere fa favore gia gli grazie ha hanno ho i il in l la le lo
ma mi mia mio molto ne nei nel nell nella nessuno niente non nostra nostro nulla o ogni per perche piu posso potete
quando quello questa questo salve sei senza si siamo siete solo sono stata stato su sul sulla ti tutto un una uno vi
voglio vorrei vorremmo vostra vostri vostro
"""
NEGATORS: Final = """
non no ne mai senza niente nulla nemmeno neanche neppure nessun nessuna nessuno mica
"""
STRONGER: Final = """
molto troppo davvero veramente assolutamente completamente totalmente estremamente cosi piu tanto proprio decisamente
super terribilmente incredibilmente
"""

FEELINGS: Final = """
-4: fraudolent*, fregat*, fregatura, frode, furto, il peggior*, imbrogli*, indecente, indegn*, la peggior*, ladri,
    ladro, peggiore in assoluto, prendendo in giro, prendete in giro, presa in giro, prese in giro, presi in giro,
    scandal*, schifo, schifos*, truff*, un furto, vergogn*
-3: 1 stella, allucinante, arrabbiat*, assurd*, avvocat*, barzelletta, basta cosi, bugiard*, bugie, buttare soldi,
    catastrof*, da dilettanti, denunci*, disastr*, disgust*, esasper*, evitate, fa impazzire, figuraccia, finito la
    pazienza, furios*, grazie di niente, grazie di nulla, grazie per niente, imbarazzant*, inaccettabil*,
    inammissibil*, incazzat*, incivil*, incompeten*, incubo, ingann*, insult*, intollerabil*, inutil*, inutilizzabil*,
    la misura e colma, mai piu, maleducat*, mente, mentite, mentono, mi pento, ne abbiamo abbastanza, ne ho
    abbastanza, non comprate, non compratela, non compratelo, non ne posso piu, odia, odiamo, odiano, odio, orribil*,
    penos*, pentit*, perdendo la pazienza, perdita di tempo, perso la fiducia, perso la pazienza, perso ogni fiducia,
    pessim*, poco seri, ridatemi i soldi, ridicol*, rivoglio i miei, rivoglio i soldi, scortes*, soldi buttati,
    spazzatura, spreco di, state alla larga, stuf*, tempo perso, terribil*, tremend*, ultima goccia, una barzelletta,
    una stella, uno scherzo, vie legali, zero stelle
-2.5: abbandonat*, alla concorrenza, ambigu*, approssimativ*, arrogant*, aspettavo di piu, assurdita, avete idea di,
    cambiamo fornitore, cambiare fornitore, caos, caotic*, carissim*, cattiv*, cavolata, ce ne andiamo, ce ne andremo,
    cercando alternative, che caso, ci ignora*, commissioni nascoste, cosa paghiamo a fare, costi nascosti, da
    buttare, delud*, deluden*, delus*, dilettant*, frustra*, girano le, ha idea di, ignorata, ignorati, ignorato,
    impossibile, in fumo, inaffidabil*, indecoros*, infastidit*, inqualificabil*, insoddisfatt*, irritant*, ladrocin*,
    lascia a desiderare, lascia molto a desiderare, lasciar perdere, lasciate perdere, mai autorizzat*, mai
    funzionato, mai trattata cosi, mai trattato cosi, mal servizio, male, malissimo, mancanza di rispetto, me ne vado,
    mediocre, menefreghis*, menefreghist*, menzogn*, meritiamo di meglio, merito di meglio, mi arrendo, mi aspettavo
    di piu, mi aspettavo meglio, mi aspettavo molto, mi ignora*, nessun aiuto, nessuno aiuta, niente funziona, non
    autorizzat*, non avevamo chiesto, non avevo chiesto, non ci fidiamo, non consiglierei, non consiglio, non fanno
    niente, non fate niente, non fate nulla, non funziona mai, non funziona niente, non funziona nulla, non ha alcun
    senso, non ha senso, non ho chiesto, non la consiglio, non lo consiglierei, non lo consiglio, non mantenete, non
    mantien*, non mi fido, non ne vale la pena, non possiamo fidarci, non possiamo piu fidarci, non rinnovo, non
    rispetta*, non serve a niente, non serve a nulla, non si puo lavorare, non so perche continuiamo, non so perche
    pago, non vale i soldi, non vale la pena, non vale quello, non vi crediamo piu, non vi credo piu, non vi importa,
    o salutiamo, oscena, osceno, pagliacci*, palle, passare a un altro, passiamo a un altro, passo a un altro, passo
    alla concorrenza, peggio, peggiora*, per cosa paghiamo, piena di errori, pieno di bug, pieno di errori, poco
    affidabil*, prendere in giro, prendere per scemi, prendere per scemo, presi per, preso per, promesse non,
    promettete, pubblicita ingannevole, salasso, scadent*, scaricabarile, scars*, sconsigli*, scontent*, scusa, scuse,
    seccat*, sempre peggio, senza avvis*, senza chiedere, senza consenso, senza il mio consenso, senza permesso, senza
    preavviso, senza rispetto, senza senso, si rifiuta, si rifiutano, solo problemi, sospett*, spenna*, spese
    nascoste, spocchi*, sporca, sporche, sporchi, sporco, tanto fumo, tocca all altro, trattare i clienti, trattate
    cosi, trattate i clienti, trattati come, troppo alti, troppo cara, troppo caro, valutando alternative, ve ne
    fregate, vi rifiutate, vi salutiamo, zero rispetto
-2: a vuoto, abbiamo perso, abus*, addebitat* due volte, addebitato due volte, adesso basta, al mio peggior nemico,
    allibit*, amareggiat*, ancora niente, ancora nulla, ancora una volta, aspettando da, attaccato il telefono,
    basit*, basta, ci rimett*, complicat*, confus*, continua a, continuano a, continuate a, continuate ad, cosi
    difficile, da giorni, da mesi, da settimane, da un ufficio all altro, da una persona all altra, da una settimana,
    di nuovo, doppio addebito, ennesim*, ennesimo aumento, fare un reclamo, giornata persa, giorni che non, ho perso,
    inaudit*, ingiust*, instabil*, lentissim*, macchinos*, mai arrivat*, mai ricevut*, mai risposto, mai una risposta,
    merda, mesi che, mesi fa, messo giu, mi avete stancato, nessuna risposta, nessuno ci, nessuno fa, nessuno mi,
    nessuno risolve, nessuno risponde, nessuno sa, nessuno si ricorda, niente di buono, niente di niente, non ancora
    risolto, non arriva mai, non ci posso credere, non ci rispond*, non ci siamo, non e accettabile, non e normale,
    non e possibile, non mi rispond*, non risolv*, non rispondete, non rispondono, non si risolve, ogni volta, ore
    che, pagare di piu, pagato due volte, peccato, per l ennesima, perdita di dati, perso i dati, poco chiar*,
    porcheria, potrebbe essere meglio, potrebbe essere molto meglio, potrebbe essere ottim*, prelevato due volte,
    prelievo non autorizzato, qualcosa di piu economico, quarta volta, quinta volta, reclamo formale, rescind*,
    riattaccat*, rifiut* di, rimbalz*, roba da matti, schifezz*, sconcert*, se non risolvete, se non viene risolto, se
    non viene sistemato, sempre in ritardo, sempre la stessa, sempre le stesse, senza risposta, senza una risposta,
    settimana persa, settimane che, si e mai visto, smettete, smettetela, stanc*, stiamo ancora aspettando, sto ancora
    aspettando, terza volta, tutte le volte, un altra volta, un altro aumento, una settimana che non
-1.4: a contestare, alzato le spalle, carta e penna, ce n e una, chi progetta, ci costa, ci fermiamo qui, ci rompe,
    contestare, finche non vi, fuori uso, graffio, il doppio, mettete in ordine, mi rompe, ne so quanto prima, neanche
    una mail, nemmeno una mail, neppure una, non e rimborsabile, non salva, ore di ritardo, quarto crash, rincaro,
    sciolt*, scopro il, scusarmi, seconda volta, si paga tutto, silenzio, sollecitato, sotto la pioggia, sul serio,
    troppi tentativi, vuoti
-0.8: avevate promesso, blocchi, blocco, cade, caduta, cara, cari, caro, che figura, colpa, danneggiat*, difettos*,
    difficil*, fredd*, guast*, ha smesso di, incredibile, lamentel*, lent*, mancano, manchi, mi butta fuori, non
    funziona, non funzionano, non va, pers*, preoccup*, prima andava bene, prima era buon*, problem*, promesso per,
    reclam*, ritardi, ritardo, rott*, sbagliat*, settimane dopo, settimane fa, si blocca, si chiude, si e rotto, si
    pianta, smesso di funzionare, sparit*, spariti, tardi, tolto
-0.4: ancora, bloccat*, bug, disservizio, error*, giu, guasto, purtroppo, scorrett*
4: 5 stelle, cinque stelle, eccezional*, i miglior*, il miglior*, impeccabil*, la miglior*, non potrei essere piu
3: adora, adorano, adoriamo, adoro, alla grande, bel lavoro, bella sorpresa, benissimo, bravi, bravissim*, buon
    lavoro, cambiare idea, complimenti, congratulazioni, consigliatissim*, consigliato, consiglio a, contentissim*,
    continuate cosi, di che lamentarmi, di prim ordine, eccellent*, esattamente quello che, fa quello che promette, fa
    risparmiare, fantastic*, felicissim*, gentilissim*, la consiglio, lo consiglio, magnific*, mai avuto problemi, mai
    avuto un problema, mai un problema, meraviglios*, mi ha conquistato, mi piace molto, ne vale la pena, nessun
    problema, nessuna lamentela, niente da dire, niente male, non mi posso lamentare, non posso lamentarmi, ottim*,
    ottimo lavoro, perfett*, proprio quello che, salvato la, splendid*, straordinari*, stupend*, top, vale la pena
2: a posto, affidabil*, al top, apprezz*, azzeccat*, bel gesto, bell*, bene, buon, buona, buone, buoni, buono, che
    bello, ci piace, ci torno, come a casa, comod*, consigliatissimo, contenta, contenti, contento, cordial*,
    corrett*, cortes*, dare una mano, detto tutto, di piu, dieci e lode, disponibil*, dritta al punto, dritto al
    punto, economic*, efficac*, efficient*, fantastica, felice, felici, gentil*, giust*, grazie mille, il suo dovere,
    intuitiv*, lo ricomprerei, meglio di, mi piace, miglior*, nemmeno un intoppo, onest*, operativi, piace, piacevol*,
    pratic*, professional*, puntual*, risolti, risolto, ritorneremo, sempre pronta, sempre pronti, simpatic*,
    sistemato, soddisfatt*, spettacolar*, stabil*, super, tanto di cappello, torneremo, un altro pianeta, un piacere,
    un tesoro, una favola, una meraviglia, una scoperta, utile, utili, utilissim*, velocissim*, vola, zero sorprese
1.5: chiar*, facil*, rapid*, semplic*, veloc*
0.6: funziona, funzionano, grazie, meglio
0: al meglio, aver cura, beninteso, buon giorno, buon lavoro a, buona giornata, buona sera, buongiorno, ci piacerebbe,
    complimenti davvero, di meglio, il miglior modo, in mente, la migliore soluzione, mi piacerebbe, modo migliore,
    per bene, sarebbe bello, sarebbe meglio, sarebbe utile, va bene cosi, vorrei farmelo piacere
"""

TOPICS: Final = """
access 3: accedere, accesso in sola lettura, account bloccato, account e stato bloccato, account recuperato, account
    sospeso, bloccato fuori, certificato, codice di verifica, codici, credenzial*, dare accesso, dare l accesso,
    doppio fattore, due passaggi, i codici, il codice, invito, link dell invito, login, non riesco a entrare, non
    riesco ad entrare, password, permessi di, poter entrare, recuperare il mio, recuperare l account, reimpost*,
    sblocc*, sessione scaduta, sola lettura, sospendete l account, sospeso l account, sso, togliere l accesso, tolgo l
    accesso, un codice, verifica in due
access 2: accesso, amministrator*, entrare, permessi, utente e
billing 3: addebitat*, carta scade, fattura, fatture, metodo di pagamento, ridatemi i soldi, rimborsi, rimborso
billing 2: addebit*, alla cassa, amministrazione, annuale, aumenti, aumento, banca, bonifico, canone, canone annuale,
    cara, carissim*, caro, carta di credito, centri di costo, commissioni, condizioni particolari, contabilita,
    contestare, costa, costi, costo, estratto conto, euro, fattur*, gratis, gratuit*, iban, importi, importo, iva, la
    mia carta, licenza annuale, mensile, mi avete preso, no profit, pagament*, pagare, pagata, pagato, paghiamo, pago,
    partita iva, paypal, prelev*, preventiv*, prezzi, prezzo, qualita prezzo, quota annuale, rate, rateizz*, ricevut*,
    rimbors*, rimborsabil*, rincaro, rinnovo che, saldata, saldato, saldo, scadenza pagamento, sconti, sconto, soldi,
    soldi buttati, sollecit*, spese, tariff*
billing 1: economic*
cancellation 3: alla concorrenza, annullare l abbonamento, cambiamo fornitore, cancellare il mio account, cancellare l
    abbonamento, cancellare l account, cancellarmi, cancellarsi, cancellate il mio, cessare il, cessare la,
    cessazione, chiudere il mio, chiudere il suo, chiudere l abbonamento, chiudere l account, chiudete il mio,
    chiudete subito il mio, ci fermiamo qui, contratto finisce, contratto scade, disattivare, disattivate,
    disattivazione, disdett*, disdetta, disdiciamo, disdico, disdire, due abbonamenti, eliminare il mio account,
    eliminate il mio, fare a meno di voi, fine del contratto, interrompere l abbonamento, lasciarvi, lettera di
    recesso, mettere in pausa, non continuare con, non proseguire, non rinnovare, non rinnoveremo, non rinnovo, non
    vogliamo rinnovare, non voglio rinnovare, o salutiamo, passiamo a un altro fornitore, porre fine, preavviso di,
    pulsante per disdire, recedere, recesso, rescind*, scadenza del contratto, sospendere l abbonamento, sospendere la
    quota, terminare il, terminare il contratto, togliete il piu, vado via
cancellation 2: abbonament*, contratto
delivery 2: arrivata, arrivato, arrivato rotto, articoli, articolo, cena, cibo, consegn*, consegnat*, corrier*,
    disponibilita in, divano, dogana, esaurit*, espressa, fascia, fattorin*, gelato, graffio, imball*, in transito, la
    mia roba, lavatrice, magazzino, merce, mi avete mandato, mi mandate, ordinato, ordine, ordini, ordino, pacchi,
    pacco, piatto, pizza, portone, punto di ritiro, recapit*, reso, restituire, ristorante, scaffale, scatola, scatola
    sotto, sostituirlo, sotto la pioggia, spedi*, spesa, taglia, tracciamento, tracking, vicino di casa, viti
how_to 2.5: a cosa serve, c e modo, c e un modo, che differenza c e, come cambio, come configuro, come faccio, come
    mai, come possiamo, come posso, come si, configur*, da sola, da solo, differenza tra, documentazione, domanda
    veloce, dov e, dove posso, dove si, dove trovo, e normale, e possibile, facile da usare, formazione, guida, il
    manuale, importare i, installazione, istruzioni, la guida, manuale, mi spiegate, passo passo, potete spiegarmi,
    predefinit*, puo partire, qual e la, quali colonne, quali formati, quante, quanti, si puo, tutorial, video,
    vorremmo importare
how_to 2: capire, capito, come, complicat*, imparare, lingua, posso usare
missing_feature 3: aggiungete, avete eliminato, avete in mente, avete in programma, avete levato, avete mai pensato,
    avete pensato, avete tolto la, avevamo proposto, avevo proposto, ci aiuterebbe se, ci farebbe comodo, ci manca, ci
    mancava, ci servirebbe, ci sono piani, connettore, e in lista, e previsto, farebbe comodo, farebbero comodo,
    funzione che, funzione per cui, manca la possibilita, manca una funzione, mancano funzioni, manchi una cosa, mi
    manca, mi servirebbe, modalita offline, modifica in blocco, nei vostri piani, pensate di aggiungere, potete
    aggiungere, potreste aggiungere, prevedete, roadmap, sarebbe bello, sarebbe comodo, sarebbe fantastico, sarebbe
    ottimo, sarebbe utile, scorciatoi*, suggerimenti, suggerimento, tema scuro
missing_feature 2: funzionalita, funzione, funzioni, integrazione con, opzione per, scorciatoia, un opzione
support 2: aiutarci, aiutarmi, aiuto, al telefono, assistenza, chatbot, chiamare, chiamarmi, chiamata, chiamatemi,
    commerciale, consulente, dare una mano, della chat, girarlo a, il telefono, in riferimento al messaggio, la chat,
    linea, mail, mia mail, mio messaggio, nessuno mi ha, non si risolve, operator*, parlare con, parlare con qualcuno,
    pazienza, personale, referente, riattaccat*, richiam*, richiamavano, rimbalz*, risponde, rispondete, rispondono,
    risposta, risposta automatica, risposte, scritto, scrivo, segreteria, sempre pronti, servizio clienti,
    sollecitato, supporto, tecnico mi, telefonata, ticket, ticket aperto, un responsabile, urgenze, vendite e, vostro
    team, vostro tecnico
technical 2: a capo, aggiornament*, android, api, app, applicazione, appuntament*, backup, bianca, blocchi, blocco,
    browser, bug, calendario, carica, caricare, caricarsi, chrome, collegarci, computer, crash*, disservizio,
    documento, duplicat*, e giu, error*, ferma alla, firefox, grafici, grafico, incorporare, instabil*, integrazione,
    intranet, iphone, lenta, lentissim*, lento, lettore, link rotto, non carica, non funziona, non funzionano, non
    salva, notific*, nuova grafica, nuova ricerca, pagina, pagina di stato, pannello, perdita di dati, permesso
    negato, piattaforma, portatile, posizione, prestazioni, pulsante, report escono, ripristin*, salvataggio,
    schermata, schermata iniziale, schermo, server, si blocca, si chiude, si congela, si ferma, si pianta,
    sincronizz*, sistema, spariscono, sparito tutto, stabil*, stamp*, stampa, tablet, versione, vola, windows
technical 1: dati, esportazione, file, importazione, ordinati per, programma, report, ricerca, sito, telefono e
"""
