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
-4: criminali, delinquenti, farabutt*, fraudolent*, fregat*, fregatura, frode, furto, il peggior*, imbrogli*,
    indecente, indegn*, la peggior*, ladri, ladro, mascalzon*, peggiore in assoluto, prendendo in giro, prendete in
    giro, presa in giro, prese in giro, presi in giro, rapina, rapinat*, rubat*, scandal*, schifo, schifos*, truff*,
    un furto, vergogn*
-3: 1 stella, allucinant*, allucinante, arrabbiat*, assurd*, attenzione a, avvocat*, barzelletta, basta cosi, bastoni
    tra le ruote, bugiard*, bugie, buttare soldi, catastrof*, cavolo, cazzi, cazzo, da denuncia, da dilettanti, da non
    credere, denunci*, diavolo, disastr*, disgust*, disperat*, esasper*, esasperat*, esigo, evitate, fa impazzire,
    figuraccia, finito la pazienza, furios*, grazie di niente, grazie di nulla, grazie per niente, imbarazzant*,
    inaccettabil*, inammissibil*, incazzat*, incivil*, incompeten*, incubo, inferno, ingann*, insult*, intollerabil*,
    inutil*, inutilizzabil*, la misura e colma, lasciatemi in pace, mai piu, mai piu qui, maledett*, maleducat*,
    mente, mentite, mentono, mi pento, nausea*, ne abbiamo abbastanza, ne ho abbastanza, non ci torno, non comprate,
    non compratela, non compratelo, non ho intenzione, non ho intenzione di pagare, non ho parole, non ne posso piu,
    non torneremo, non tornero, odia, odiamo, odiano, odio, odissea, orrend*, orribil*, orrid*, penos*, pentit*,
    perdendo clienti, perdendo la pazienza, perdere clienti, perdita di tempo, perso la fiducia, perso la pazienza,
    perso ogni fiducia, perso un cliente, pessim*, piangere, poco seri, prepotent*, pretendo, ridatemi i soldi,
    ridicol*, risparmiate i soldi, risparmiatevi, rivoglio i miei, rivoglio i soldi, santi giorni, scortes*, senza
    parole, sfinit*, sgarbat*, siete dei, siete una vergogna, smettete di disturb*, smettiate di, soldi buttati, sono
    dei, spaventos*, spazzatura, spreco di, state alla larga, state attenti, stuf*, tempo perso, terribil*, tradit*,
    tremend*, ultima goccia, un cliente in meno, un inferno, una barzelletta, una stella, uno scherzo, vie legali,
    vomit*, zero stelle
-2.5: a nessuno da voi, a nessuno importa, a pezzi, abbandonat*, alla concorrenza, altrove, ambigu*, andate altrove,
    approssimativ*, arrogant*, aspettavo di piu, assurdita, avete idea di, bruciat*, cambiamo fornitore, cambiare
    fornitore, cambiare gestore, cambio fornitore, cambio gestore, caos, caotic*, carissim*, cattiv*, cavolata, ce ne
    andiamo, ce ne andremo, cercando alternative, che caso, ci ignora*, colpa mia, come minimo, commissioni nascoste,
    comprato altrove, congelat*, contort*, correrci dietro, correre dietro, corrervi dietro, cosa paghiamo a fare,
    costi nascosti, cruda, crudo, da buttare, danno la colpa, delud*, deluden*, delus*, dilettant*, distrutt*,
    frustra*, gelat*, girano le, ha idea di, hackerat*, ignora, ignorata, ignorati, ignorato, impossibile, in fumo, in
    pezzi, inaffidabil*, indecoros*, infastidit*, inqualificabil*, insicur*, insoddisfatt*, irritant*, ladrocin*,
    lascia a desiderare, lascia molto a desiderare, lasciar perdere, lasciate perdere, lasciato perdere, liquidat*,
    liquidate sempre, ma come si fa, macchi*, mai autorizzat*, mai funzionato, mai trattata cosi, mai trattato cosi,
    mal servizio, malissimo, mancanza di rispetto, me ne vado, mediocre, menefreghis*, menefreghist*, menzogn*,
    meritiamo di meglio, merito di meglio, mi arrendo, mi aspettavo di piu, mi aspettavo meglio, mi aspettavo molto,
    mi ignora*, nessun aiuto, nessuno aiuta, niente funziona, non autorizzat*, non avevamo chiesto, non avevo chiesto,
    non c e verso, non ci fidiamo, non consiglierei, non consiglio, non fanno niente, non fate niente, non fate nulla,
    non funziona mai, non funziona niente, non funziona nulla, non ha alcun senso, non ha senso, non ho chiesto, non
    importa a, non la consiglio, non lo consiglierei, non lo consiglio, non lo e, non lo e mai, non mantenete, non
    mantien*, non mi fido, non mi ha convinto, non ne vale la pena, non possiamo fidarci, non possiamo piu fidarci,
    non possono farci niente, non rinnovo, non rispetta*, non serve a niente, non serve a nulla, non servono a niente,
    non servono a nulla, non si puo fare nulla, non si puo lavorare, non so perche continuiamo, non so perche pago,
    non vale i soldi, non vale la pena, non vale quello, non vi crediamo piu, non vi credo piu, non vi importa, o
    salutiamo, ognuno dice, oscena, osceno, pagliacci*, palle, passare a un altro, passiamo a un altro, passo a un
    altro, passo a un altro gestore, passo alla concorrenza, peggio, peggiora ogni, peggiora*, per cosa paghiamo,
    perdere tempo, perdo tempo, pericolos*, piena di errori, pieno di bug, pieno di errori, piu lavoro di, poco
    affidabil*, prendere in giro, prendere per scemi, prendere per scemo, presi per, preso per, promesse non,
    promettete, pubblicita ingannevole, puzza*, puzzava, risposte diverse, salasso, scadent*, scarafagg*,
    scaricabarile, scars*, sconsigli*, scontent*, scucit*, scusa, scuse, seccat*, sembra importare, sempre peggio,
    senza avvis*, senza chiedere, senza consenso, senza il mio consenso, senza permesso, senza preavviso, senza
    rispetto, senza senso, sfondat*, si peggiora, si rifiuta, si rifiutano, solo problemi, sospett*, spenna*, spese
    nascoste, spocchi*, sporca, sporche, sporchi, sporco, strappat*, tanto fumo, tocca all altro, trattare i clienti,
    trattate cosi, trattate i clienti, trattati come, troppo alti, troppo cara, troppo caro, umido, valutando
    alternative, ve ne fregate, versioni diverse, vi rifiutate, vi salutiamo, zero rispetto
-2: a vuoto, abbiamo perso, abus*, addebitat* due volte, addebitato due volte, adesso basta, al mio peggior nemico,
    all ultimo minuto, allibit*, amareggiat*, ancora niente, ancora nulla, ancora una volta, aspettando da, aspettiamo
    da, aspetto da, attaccato il telefono, basit*, basta, cade la linea, cade tutte, ci rimett*, cinque volte,
    complicat*, confus*, continua a, continuano a, continuate a, continuate ad, cosi difficile, da capo, da giorni, da
    mesi, da nove giorni, da settimane, da un ufficio all altro, da una persona all altra, da una settimana, di nuovo,
    dicono tutti, dieci volte, doppio addebito, doveva arrivare, doveva essere, due anni che, ennesim*, ennesimo
    aumento, fare un reclamo, giornata persa, giorni che non, giorni di fila, giorni di ritardo, ho perso, inaudit*,
    ingiust*, instabil*, lentissim*, macchinos*, mai arrivat*, mai ricevut*, mai richiest*, mai risposto, mai una
    risposta, merda, mese di fila, mesi che, mesi fa, messo giu, meta contratto, mi avete stancato, mille volte,
    minuti in attesa, nemmeno ordinare, nessuna risposta, nessuno ci, nessuno fa, nessuno mi, nessuno risolve, nessuno
    risponde, nessuno sa, nessuno si ricorda, niente di buono, niente di niente, non ancora risolto, non arriva mai,
    non ci posso credere, non ci rispond*, non ci siamo, non e accettabile, non e normale, non e possibile, non mi
    rispond*, non mi sono mossa, non mi sono mosso, non riesco nemmeno, non risolv*, non rispondete, non rispondono,
    non si puo nemmeno, non si risolve, ore che, ore in attesa, pagare di piu, pagato due volte, peccato, per l
    ennesima, perdita di dati, perso i dati, poco chiar*, porcheria, potrebbe essere meglio, potrebbe essere molto
    meglio, potrebbe essere ottim*, prelevato due volte, prelievo non autorizzato, qualcosa di piu economico, quarta
    volta, quinta volta, reclamo formale, rescind*, riattaccat*, rifiut* di, rimbalz*, rispiegare, roba da matti,
    sbagliate tutti, schifezz*, sconcert*, se non risolvete, se non viene risolto, se non viene sistemato, seconda
    settimana, sei volte, sempre in ritardo, sempre la stessa, sempre le stesse, senza risposta, senza una risposta,
    settimana di fila, settimana in ritardo, settimana persa, settimane che, si e mai visto, smettete, smettetela,
    stanc*, stiamo ancora aspettando, sto ancora aspettando, terza settimana, terza volta, tre giorni che, tutta la
    storia, tutte le sere, tutti i mesi, un altra volta, un altro aumento, un ora in attesa, una settimana che non,
    una settimana di ritardo
-1.4: a contestare, alzato le spalle, carta e penna, ce n e una, chi progetta, ci costa, ci fermiamo qui, ci rompe,
    contestare, finche non vi, fuori uso, graffio, il doppio, mettete in ordine, mi rompe, ne so quanto prima, neanche
    una mail, nemmeno una mail, neppure una, non e rimborsabile, non salva, ore di ritardo, quarto crash, rincaro,
    sciolt*, scopro il, scusarmi, si paga tutto, silenzio, sollecitato, sotto la pioggia, sul serio, troppi tentativi,
    vuoti
-1.2: male, neanche una, non va, seconda volta
-0.8: avevate promesso, blocchi, blocco, cade, caduta, cara, cari, caro, che figura, colpa, danneggiat*, dicono che,
    difettos*, difficil*, due volte, fredd*, guast*, ha smesso di, incredibile, lamentel*, lent*, mancano, manchi, mi
    butta fuori, non funziona, non funzionano, ogni volta, pers*, preoccup*, prima andava bene, prima era buon*,
    problem*, promesso per, reclam*, ritardi, ritardo, rott*, sbagliat*, settimane dopo, settimane fa, si blocca, si
    chiude, si e rotto, si pianta, smesso di funzionare, sparit*, spariti, tardi, tolto, tutte le settimane, tutte le
    volte, tutti i giorni
-0.4: ancora, bloccat*, bug, disservizio, error*, giu, guasto, purtroppo, scorrett*
4: 5 stelle, cinque stelle, eccezional*, i miglior*, il miglior*, impeccabil*, la miglior*, non potrei essere piu
3: adora, adorano, adoriamo, adoro, al primo colpo, alla grande, bel lavoro, bella sorpresa, bellissim*, benissimo,
    bravi, bravissim*, buon lavoro, cambiare idea, che e una bellezza, che e una meraviglia, complimenti,
    congratulazioni, consigliatissim*, consigliatissima, consigliatissimi, consigliato, consiglio a, contentissim*,
    continuate cosi, conveniente, conviene, cosi si fa, di che lamentarmi, di prim ordine, eccellent*, educata,
    educato, entusiast*, esattamente quello che, fa quello che promette, fa risparmiare, fantastic*, felicissim*,
    gentilissim*, gioco da ragazzi, in positivo, in quattro per noi, la consiglio, lo consiglio, magnific*, mai avuto
    problemi, mai avuto un problema, mai piu un interruzione, mai un problema, mai un ripensamento, meglio di come,
    meraviglios*, mi ha conquistato, mi piace molto, ne vale la pena, nessun problema, nessuna lamentela, niente
    clausole, niente da dire, niente male, non mi posso lamentare, non posso lamentarmi, ottim*, ottimo lavoro,
    perfett*, perfetto stato, proprio quello che, puntuale, salvato la, senza intoppi, splendid*, straordinari*,
    stupend*, top, tornerei volentieri, un grazie enorme, vale la pena
2: a posto, affidabil*, al top, apprezz*, azzeccat*, bel gesto, bell*, bene, buon, buona, buone, buoni, buono, che
    bello, ci piace, ci torno, come a casa, comod*, consigliatissimo, contenta, contenti, contento, cordial*,
    corrett*, cortes*, dare una mano, detto tutto, di piu, dieci e lode, disponibil*, dritta al punto, dritto al
    punto, economic*, efficac*, efficient*, fantastica, felice, felici, gentil*, giust*, grazie mille, il suo dovere,
    intuitiv*, lo ricomprerei, meglio di, mi piace, miglior*, molto pratico, nemmeno un intoppo, onest*, operativi,
    piace, piacevol*, professional*, puntual*, risolti, risolto, ritorneremo, sempre pronta, sempre pronti, simpatic*,
    sistemato, soddisfatt*, spettacolar*, stabil*, super, tanto di cappello, torneremo, un altro pianeta, un piacere,
    un tesoro, una favola, una meraviglia, una scoperta, utile, utili, utilissim*, velocissim*, vola, zero sorprese
1.5: chiar*, facil*, rapid*, semplic*, veloc*
0.6: funziona, funzionano, grazie, meglio
0: al meglio, altra scheda, aver cura, bene il, bene la, beninteso, buon giorno, buon lavoro a, buona giornata, buona
    pratica, buona sera, buongiorno, ci piacerebbe, complimenti davvero, cortesemente, di meglio, gentilmente, il
    miglior modo, in mente, la migliore soluzione, la pratica, meglio se, mi farebbe comodo, mi piacerebbe, modo
    migliore, molto gentile se, ogni volta che clicco, ogni volta che premo, per bene, per bene ma, sarebbe bello,
    sarebbe meglio, sarebbe ottimo, sarebbe possibile, sarebbe utile, scritto male, se possibile, seconda scheda,
    terza persona, va bene cosi, vorrei farmelo piacere
"""

TOPICS: Final = """
access 3: accedere, accesso in sola lettura, account bloccato, account e stato bloccato, account recuperato, account
    sospeso, bloccato fuori, certificato, che ruolo, codice di verifica, codici, credenzial*, dare accesso, dare l
    accesso, doppio fattore, due passaggi, hackerat*, i codici, il codice, invitare utenti, invito, link dell invito,
    login, non riesco a entrare, non riesco ad entrare, password, permessi di, poter entrare, provo a entrare,
    recuperare il mio, recuperare l account, reimpost*, reimpostare, rubato l account, sblocc*, sessione scaduta,
    single sign on, sola lettura, sospendete l account, sospeso l account, sso, togliere l accesso, tolgo l accesso,
    un codice, utenti esterni, verifica in due, verificare il cellulare
access 2: accesso, amministrator*, entrare, permessi, utente e
billing 3: addebitat*, carta scade, fattura, fatture, metodo di pagamento, ridatemi i soldi, rimborsi, rimborso
billing 2: addebit*, addebito diretto, al mese, alla cassa, amministrazione, annuale, aumenti, aumento, banca,
    bonifico, canone, canone annuale, cara, carissim*, caro, carta di credito, centri di costo, clausole, codice
    sconto, commissioni, condizioni particolari, contabilita, contestare, conviene, costa, costi, costo, estratto
    conto, euro, fattur*, fatturato, gratis, gratuit*, iban, importi, importo, indirizzo di fatturazione, iva, la mia
    carta, licenza annuale, licenze, mensile, mi avete preso, no profit, pagament*, pagare, pagata, pagato, paghiamo,
    pago, partita iva, paypal, piano annuale, piano premium, prelev*, preventiv*, prezzi, prezzo, qualita prezzo,
    quella cifra, quota annuale, rate, rateizz*, ricevut*, rimbors*, rimborsabil*, rincaro, rinnovo che, risparmiate i
    soldi, saldata, saldato, saldo, scadenza pagamento, sconti, sconto, soldi, soldi buttati, sollecit*, spese,
    tariff*
billing 1: economic*
cancellation 3: alla concorrenza, annullare l abbonamento, cambiamo fornitore, cambio gestore, cancellare i miei dati,
    cancellare il mio account, cancellare l abbonamento, cancellare l account, cancellarmi, cancellarsi, cancellate il
    mio, cancelliate tutti i miei, cessare il, cessare la, cessazione, chiudere il mio, chiudere il suo, chiudere l
    abbonamento, chiudere l account, chiudete il mio, chiudete subito il mio, chiudiamo l attivita, ci fermiamo qui,
    contratto finisce, contratto scade, disattivare, disattivate, disattivazione, disdett*, disdetta, disdetta
    semplice, disdiciamo, disdico, disdire, dopo la disdetta, due abbonamenti, eliminare il mio account, eliminate il
    mio, fare a meno di voi, fine del contratto, interrompere l abbonamento, lasciarvi, lettera di recesso, mettere in
    pausa, non continuare con, non proseguire, non rinnovare, non rinnoveremo, non rinnovo, non vogliamo rinnovare,
    non voglio rinnovare, o salutiamo, passiamo a un altro fornitore, porre fine, preavviso di, pulsante per disdire,
    raccomandata, recedere, recesso, rescind*, scadenza del contratto, si puo disdire, sospendere l abbonamento,
    sospendere la quota, terminare il, terminare il contratto, togliete il piu, vado via, voglio disdire
cancellation 2: abbonament*, contratto
delivery 3: a pezzi, cena arrivata, etichetta per il reso, gelata, in casa non, la rimando, lasciate il pacco, ne sono
    arrivate, ritirare l ordine, ritiro in negozio, sulla bolla
delivery 2: arrivata, arrivato, arrivato rotto, articoli, articolo, cena, cibo, consegn*, consegnat*, corrier*,
    disponibilita in, divano, dogana, esaurit*, espressa, fascia, fattorin*, gelato, graffio, imball*, in transito, la
    mia roba, lavatrice, magazzino, merce, mi avete mandato, mi mandate, ordinato, ordine, ordini, ordino, pacchi,
    pacco, piatto, pizza, portone, punto di ritiro, recapit*, reso, restituire, ristorante, scaffale, scatola, scatola
    sotto, sostituirlo, sotto la pioggia, spedi*, spesa, taglia, tracciamento, tracking, vicino di casa, viti
how_to 3: articoli della guida, come si fa a, come sposto, come stampo, devo creare, dobbiamo creare, dove si carica,
    intuitivo, l interfaccia, programmare una formazione, promemoria automatici
how_to 2.5: a cosa serve, c e modo, c e un modo, che differenza c e, come cambio, come configuro, come faccio, come
    mai, come possiamo, come posso, come si, configur*, da sola, da solo, differenza tra, documentazione, domanda
    veloce, dov e, dove posso, dove si, dove trovo, e normale, e possibile, facile da usare, formazione, guida, il
    manuale, importare i, installazione, istruzioni, la guida, manuale, mi spiegate, passo passo, potete spiegarmi,
    predefinit*, puo partire, qual e la, quali colonne, quali formati, quante, quanti, si puo, tutorial, video,
    vorremmo importare
how_to 2: capire, capito, come, complicat*, imparare, lingua, posso usare
missing_feature 3: aggiungete, aspettavamo da tempo, avete eliminato, avete in mente, avete in programma, avete
    levato, avete mai pensato, avete pensato, avete tolto la, avevamo proposto, avevo proposto, che chiedo un, ci
    aiuterebbe se, ci farebbe comodo, ci manca, ci mancava, ci servirebbe, ci sono piani, componente per, connettore,
    e in lista, e previsto, farebbe comodo, farebbero comodo, funzione che, funzione per cui, manca la possibilita,
    manca una funzione, mancano funzioni, manchi una cosa, mi manca, mi servirebbe, modalita offline, modifica in
    blocco, nei vostri piani, non si puo nemmeno, pensate di aggiungere, pensate di fare, pensate di tradurlo, poter
    contrassegnare, potete aggiungere, potreste aggiungere, prevedete, pulsante per esportare, roadmap, sarebbe bello,
    sarebbe comodo, sarebbe fantastico, sarebbe ottimo, sarebbe possibile aggiungere, sarebbe possibile avere, sarebbe
    utile, sarebbe utile poter, scorciatoi*, suggerimenti, suggerimento, tema scuro
missing_feature 2: funzionalita, funzione, funzioni, integrazione con, opzione per, scorciatoia, un opzione
support 3: al telefono e stata, contattare da, da un tecnico, l assistenza dice, l ho spiegato, la chat si, ogni volta
    che chiamo, quando finalmente rispondono, risposta in 24, risposte diverse, tecnico puntuale, verbale dell
support 2: aiutarci, aiutarmi, aiuto, al telefono, assistenza, chatbot, chiamare, chiamarmi, chiamata, chiamatemi,
    commerciale, consulente, dare una mano, della chat, girarlo a, il telefono, in riferimento al messaggio, la chat,
    linea, mail, mia mail, mio messaggio, nessuno mi ha, non si risolve, operator*, parlare con, parlare con qualcuno,
    pazienza, personale, referente, riattaccat*, richiam*, richiamavano, rimbalz*, risponde, rispondete, rispondono,
    risposta, risposta automatica, risposte, scritto, scrivo, segreteria, sempre pronti, servizio clienti,
    sollecitato, supporto, tecnico mi, telefonata, ticket, ticket aperto, un responsabile, urgenze, vendite e, vostro
    team, vostro tecnico
technical 3: avviso sul certificato, connessione, fibra, interruzione, l errore, microfono, non rileva, riavvi*,
    router, si chiude la sessione, si collega al wifi, spam, talmente lento, termostato, wifi
technical 2: a capo, aggiornament*, android, anteprima, api, app, applicazione, appuntament*, backup, bianca, blocchi,
    blocco, browser, bug, calendario, carica, caricare, caricarsi, chrome, collegarci, computer, crash*, dispositivo,
    disservizio, documento, duplicat*, e giu, error*, ferma alla, firefox, fotocamera, grafici, grafico, il sito,
    incorporare, instabil*, integrazione, internet, intranet, iphone, lenta, lentissim*, lento, lettore, link rotto,
    non carica, non funziona, non funzionano, non salva, notific*, nuova grafica, nuova ricerca, pagina, pagina di
    stato, pannello, perdita di dati, permesso negato, piattaforma, portatile, posizione, prestazioni, pulsante,
    report escono, ripristin*, risolto, safari, salvataggio, scheda, schermata, schermata iniziale, schermo, server,
    si blocca, si chiude, si congela, si ferma, si pianta, sincronizz*, sistema, spariscono, sparito tutto, stabil*,
    stamp*, stampa, stampante, tablet, versione, vola, windows
technical 1: dati, esportazione, file, importazione, ordinati per, programma, report, ricerca, sito, telefono e
"""
