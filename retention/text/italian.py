"""Italian: words of support and of leaving, written for Backstay. `*` stands for any ending; accents do not matter."""

from typing import Final

FUNCTION_WORDS: Final = frozenset(
    """il lo la i gli le un uno una di del della dei delle dello degli dell e o che in per con senza si su mi ti ci vi ne
    sono sei siamo ha ho hanno abbiamo avete non come quando dove chi molto piu ma perche gia dal dalla da al alla agli
    alle all nel nella nell questo questa quello l d c ancora anche mio mia vostro vostra vostri nostro nostra posso
    potete vorrei voglio vorremmo nessuno niente nulla grazie favore sulla sul era stato stata fa ogni siete buongiorno buonasera salve nei solo tutto ed
    cosa cui essere""".split()
)
NEGATORS: Final = "non no ne mai senza niente nulla nemmeno neanche neppure nessun nessuna nessuno mica"
STRONGER: Final = """molto troppo davvero veramente assolutamente completamente totalmente estremamente cosi piu tanto proprio
    decisamente super terribilmente incredibilmente"""

FEELINGS: Final = """
-4: truff*, imbrogli*, frode, fraudolent*, furto, un furto, ladri, ladro, fregat*, fregatura, presa in giro, prese in giro,
 presi in giro, prendete in giro, prendendo in giro, schifo, schifos*, indecente, indegn*, vergogn*, scandal*, il peggior*,
 la peggior*, peggiore in assoluto
-3: pessim*, orribil*, terribil*, tremend*, disgust*, inaccettabil*, inammissibil*, intollerabil*, inutil*, inutilizzabil*,
 spazzatura, odio, odia, odiano, odiamo, furios*, arrabbiat*, incazzat*, disastr*, catastrof*, incubo, ridicol*,
 barzelletta, una barzelletta, uno scherzo, insult*, mente, mentono, mentite, bugie, bugiard*, ingann*, stuf*, non ne posso piu,
 ne ho abbastanza, ne abbiamo abbastanza, basta cosi, la misura e colma, ultima goccia, perso la pazienza, perdendo la pazienza,
 finito la pazienza, perso la fiducia, perso ogni fiducia, mai piu, soldi buttati, buttare soldi, perdita di tempo,
 tempo perso, spreco di, mi pento, pentit*, grazie di niente, grazie per niente, grazie di nulla, fa impazzire, esasper*,
 maleducat*, scortes*, incompeten*, state alla larga, evitate, non compratelo, non comprate, non compratela, una stella,
 1 stella, zero stelle, ridatemi i soldi, rivoglio i soldi, rivoglio i miei, avvocat*, denunci*, vie legali, figuraccia,
 penos*, da dilettanti, poco seri, imbarazzant*, allucinante, assurd*, incivil*
-2.5: delus*, deluden*, delud*, frustra*, irritant*, scontent*, insoddisfatt*, seccat*, infastidit*, mal servizio,
 scadent*, scars*, cattiv*, peggio, peggiora*, sempre peggio, male, malissimo, troppo caro, troppo cara, carissim*, troppo alti,
 non vale quello, non ne vale la pena, non vale la pena, non vale i soldi, costi nascosti, spese nascoste, commissioni nascoste,
 senza avvis*, senza preavviso, senza chiedere, senza consenso, senza il mio consenso, senza permesso, non mantien*,
 non mantenete, non rispetta*, promesse non, promettete, non funziona niente, non funziona nulla, non funziona mai,
 niente funziona, mai funzionato, non serve a niente, non serve a nulla, non si puo lavorare, impossibile, non ci fidiamo,
 non mi fido, non possiamo fidarci, non possiamo piu fidarci, inaffidabil*, poco affidabil*, non fate niente, non fate nulla,
 non fanno niente, mi ignora*, ci ignora*, ignorato, ignorata, ignorati, nessun aiuto, nessuno aiuta, non consiglio, non lo consiglio,
 non la consiglio, non consiglierei, non lo consiglierei, sconsigli*, mi aspettavo di piu, mi aspettavo molto,
 mi aspettavo meglio, aspettavo di piu, scusa, scuse, solo problemi, pieno di errori, pieno di bug, piena di errori,
 ce ne andiamo, me ne vado, ce ne andremo, passo alla concorrenza, alla concorrenza, passiamo a un altro, passo a un altro,
 passare a un altro, cambiamo fornitore, cambiare fornitore, vi rifiutate, si rifiutano, si rifiuta, trattate cosi,
 trattare i clienti, trattate i clienti, non vi importa, ve ne fregate, lascia a desiderare, lascia molto a desiderare,
 valutando alternative, cercando alternative
-2.5: non vi crediamo piu, non vi credo piu, non so perche continuiamo, non so perche pago, per cosa paghiamo, cosa paghiamo a fare,
 mai trattato cosi, mai trattata cosi, prendere per scemo, prendere per scemi, prendere in giro, pubblicita ingannevole,
 lasciate perdere, lasciar perdere, mediocre, sporco, sporca, sporche, sporchi, mi arrendo, tocca all altro, meritiamo di meglio,
 merito di meglio, tanto fumo, che caso, non ho chiesto, non avevo chiesto, non avevamo chiesto, mai autorizzat*, non autorizzat*,
 avete idea di, ha idea di, non rinnovo, o salutiamo, vi salutiamo, non ha senso, senza senso, non ha alcun senso, in fumo,
 da buttare, assurdita, pagliacci*, dilettant*, approssimativ*, sospett*, ambigu*, scaricabarile, menefreghis*, menefreghist*,
 arrogant*, spocchi*, abbandonat*, caos, caotic*, indecoros*, spenna*, ladrocin*, salasso, inqualificabil*, osceno, oscena,
 mancanza di rispetto, senza rispetto, menzogn*, trattati come, preso per, presi per, zero rispetto, girano le, palle, cavolata
-2: se non viene risolto, se non viene sistemato, se non risolvete, si e mai visto, qualcosa di piu economico, non e possibile,
 non e accettabile, non e normale, non ci posso credere, roba da matti, inaudit*, merda, porcheria, schifezz*, reclamo formale,
 fare un reclamo, non ci siamo, basit*, allibit*, sconcert*, amareggiat*, mi avete stancato, adesso basta, settimana persa,
 giornata persa, al mio peggior nemico, nessuno si ricorda, nessuno sa, a vuoto, da una settimana, una settimana che non,
 giorni che non, settimane che, mesi che, ore che, complicat*, confus*, macchinos*, poco chiar*, lentissim*, instabil*, peccato, nessuno risponde, nessuna risposta,
 senza risposta, senza una risposta, non rispondete, non rispondono, non mi rispond*, non ci rispond*, mai una risposta, mai risposto, nessuno mi, nessuno ci, nessuno sa, nessuno fa,
 nessuno risolve, non si risolve, non risolv*, riattaccat*, attaccato il telefono, messo giu, rimbalz*, da una persona all altra,
 da un ufficio all altro, di nuovo, ennesim*, un altra volta, ancora una volta, terza volta, quarta volta, quinta volta,
 per l ennesima, ogni volta, tutte le volte, continua a, continuano a, continuate a, continuate ad, ancora niente, ancora nulla,
 non ancora risolto, sto ancora aspettando, stiamo ancora aspettando, aspettando da, addebitato due volte,
 addebitat* due volte, doppio addebito, pagare di piu, pagato due volte, prelevato due volte, prelievo non autorizzato,
 abbiamo perso, ho perso, perso i dati, perdita di dati, sempre la stessa, sempre le stesse, sempre in ritardo, ingiust*,
 cosi difficile, un altro aumento, ennesimo aumento, rescind*, abus*, stanc*, smettetela, smettete, da settimane, da mesi,
 da giorni, mesi fa, mai arrivat*, mai ricevut*, non arriva mai, basta, potrebbe essere ottim*, potrebbe essere meglio, potrebbe essere molto meglio, niente di buono, ci rimett*, niente di niente,
 rifiut* di
-1.4: silenzio, sollecitato, ci fermiamo qui, fuori uso, sciolt*, graffio, alzato le spalle, non salva, ci rompe, mi rompe,
 scusarmi, neanche una mail, nemmeno una mail, neppure una, sul serio, quarto crash, non e rimborsabile, vuoti, rincaro,
 si paga tutto, ne so quanto prima, troppi tentativi, seconda volta, ore di ritardo, chi progetta, finche non vi,
 il doppio, ci costa, sotto la pioggia, scopro il, ce n e una, a contestare, contestare, mettete in ordine, carta e penna
-0.8: prima era buon*, prima andava bene, promesso per, avevate promesso, che figura, rott*, si e rotto, guast*, danneggiat*, difettos*, sbagliat*, tardi, ritardo, ritardi, lent*, caro, cara, cari, problem*,
 lamentel*, reclam*, difficil*, si blocca, blocco, blocchi, si chiude, si pianta, cade, caduta, non funziona, non funzionano,
 ha smesso di, smesso di funzionare, non va, spariti, sparit*, colpa, pers*, preoccup*, settimane fa, settimane dopo, fredd*,
 mi butta fuori, incredibile, manchi, tolto, mancano
-0.4: error*, bug, disservizio, guasto, purtroppo, ancora, bloccat*, scorrett*, giu
4: il miglior*, la miglior*, i miglior*, eccezional*, impeccabil*, non potrei essere piu, cinque stelle, 5 stelle
3: eccellent*, fantastic*, meraviglios*, splendid*, ottim*, perfett*, magnific*, straordinari*, stupend*, bravissim*, bravi,
 adoro, adora, adorano, adoriamo, mi piace molto, contentissim*, felicissim*, complimenti, congratulazioni, consiglio a,
 lo consiglio, la consiglio, consigliatissim*, consigliato, ottimo lavoro, bel lavoro, buon lavoro, alla grande, benissimo,
 nessuna lamentela, nessun problema, mai un problema, mai avuto un problema, mai avuto problemi, niente da dire,
 non mi posso lamentare, non posso lamentarmi, di che lamentarmi, proprio quello che, esattamente quello che, bella sorpresa,
 continuate cosi, fa quello che promette, fa risparmiare, ne vale la pena, vale la pena, mi ha conquistato, cambiare idea, di prim ordine, top,
 niente male, salvato la, gentilissim*
2: buon, buono, buona, buoni, buone, bene, contento, contenta, contenti, soddisfatt*, felice, felici, gentil*, disponibil*,
 cortes*, piacevol*, utile, utili, utilissim*, intuitiv*, affidabil*, comod*, piace, mi piace,
 ci piace, apprezz*, onest*, corrett*, giust*, efficac*, efficient*, professional*, risolto, risolti, sistemato, miglior*,
 meglio di, stabil*, economic*, bell*, simpatic*, pratic*, puntual*
1.5: facil*, semplic*, veloc*, rapid*, chiar*
0: in mente, aver cura
0: buongiorno, buon giorno, buona sera, buona giornata, buon lavoro a, mi piacerebbe, ci piacerebbe, va bene cosi, per bene,
 vorrei farmelo piacere, sarebbe bello, sarebbe utile, sarebbe meglio, il miglior modo, modo migliore, la migliore soluzione,
 di meglio, al meglio, beninteso, complimenti davvero
2: un altro pianeta, tanto di cappello, dieci e lode, dare una mano, un piacere, il suo dovere, lo ricomprerei, un tesoro,
 bel gesto, di piu, nemmeno un intoppo, dritta al punto, dritto al punto, operativi, vola, grazie mille, a posto, come a casa,
 detto tutto, ci torno, torneremo, ritorneremo, azzeccat*, una scoperta, una meraviglia, super, spettacolar*, sempre pronti,
 sempre pronta, zero sorprese, cordial*, che bello, fantastica, velocissim*, consigliatissimo, al top, una favola
0.6: grazie, meglio, funziona, funzionano
"""

TOPICS: Final = """
cancellation 3: disdire, disdetta, disdett*, disdico, disdiciamo, cancellarsi, cancellarmi, cancellare l abbonamento,
 cancellare il mio account, cancellate il mio, cancellare l account, chiudere il mio, chiudete il mio, chiudere l account,
 chiudete subito il mio, chiudere l abbonamento, eliminare il mio account, eliminate il mio, disattivate, disattivare,
 interrompere l abbonamento, recedere, recesso, rescind*, non rinnovare, non voglio rinnovare, non vogliamo rinnovare,
 non rinnoveremo, fine del contratto, scadenza del contratto, terminare il contratto, alla concorrenza, cambiamo fornitore,
 passiamo a un altro fornitore, lasciarvi, annullare l abbonamento, preavviso di
cancellation 3: contratto finisce, contratto scade, lettera di recesso, non rinnovo, chiudere il suo, sospendere la quota,
 sospendere l abbonamento, mettere in pausa, due abbonamenti, togliete il piu, cessare la, cessare il, cessazione, o salutiamo,
 ci fermiamo qui, pulsante per disdire, disattivazione, terminare il, porre fine, fare a meno di voi, vado via, non proseguire,
 non continuare con
cancellation 2: abbonament*, contratto
billing 2: fattur*, addebit*, pagament*, pagare, pagato, pagata, pago, paghiamo, prezzo, prezzi, caro, cara, carissim*, canone,
 tariff*, importo, importi, rimbors*, soldi, sconto, sconti, iva, partita iva, ricevut*, carta di credito, la mia carta, banca,
 bonifico, commissioni, aumento, aumenti, gratuit*, gratis, euro, costi, costo, costa, mensile, annuale, prelev*,
 qualita prezzo, spese, contabilita, saldo, soldi buttati
billing 2: rincaro, estratto conto, rinnovo che, rimborsabil*, centri di costo, sollecit*, saldata, saldato, preventiv*,
 bonifico, alla cassa, condizioni particolari, no profit, paypal, iban, quota annuale, canone annuale, amministrazione, rate,
 rateizz*, scadenza pagamento, licenza annuale, mi avete preso, contestare
billing 1: economic*
billing 3: rimborso, rimborsi, addebitat*, fattura, fatture, metodo di pagamento, ridatemi i soldi, carta scade
access 3: accedere, password, login, credenzial*, non riesco ad entrare, non riesco a entrare, poter entrare, codice di verifica,
 doppio fattore, due passaggi, verifica in due, account bloccato, account e stato bloccato, bloccato fuori, permessi di,
 tolgo l accesso, togliere l accesso, dare accesso, dare l accesso, invito, reimpost*, link dell invito
access 3: sospendete l account, sospeso l account, account sospeso, sessione scaduta, il codice, un codice, i codici, codici, sso,
 certificato, accesso in sola lettura, sola lettura, account recuperato, recuperare l account, recuperare il mio, sblocc*
access 2: accesso, utente e, permessi, amministrator*, entrare
delivery 2: divano, spesa, gelato, fascia, lavatrice, viti, scaffale, dogana, ristorante, pizza, portone, vicino di casa,
 punto di ritiro, esaurit*, disponibilita in, graffio, mi mandate, mi avete mandato, espressa, recapit*, sotto la pioggia,
 scatola sotto, piatto, cena
delivery 2: ordine, ordini, ordinato, ordino, pacco, pacchi, spedi*, consegn*, corrier*, fattorin*, tracking, tracciamento,
 arrivato, arrivata, arrivato rotto, reso, restituire, articolo, articoli, magazzino, imball*, scatola, taglia, in transito,
 merce, consegnat*, cibo, sostituirlo, la mia roba
technical 2: error*, bug, si blocca, si chiude, si pianta, non funziona, non funzionano, lentissim*, lento, lenta, server,
 disservizio, carica, caricare, caricarsi, schermata, schermo, pagina, browser, firefox, chrome, applicazione, app,
 sincronizz*, aggiornament*, versione, pulsante, si ferma, perdita di dati, sparito tutto, sistema, bianca, crash*, stamp*, instabil*,
 stabil*, permesso negato, collegarci, blocco, blocchi, prestazioni, e giu, calendario
technical 2: piattaforma, report escono, pannello, notific*, intranet, incorporare, nuova ricerca, nuova grafica, api, lettore,
 salvataggio, a capo, appuntament*, integrazione, posizione, documento, windows, android, iphone, tablet, portatile, computer,
 backup, ripristin*, spariscono, duplicat*, si congela, grafico, grafici, pagina di stato, non salva, non carica, vola, stampa,
 link rotto, schermata iniziale, ferma alla
technical 1: report, dati, esportazione, importazione, ricerca, programma, file, sito, telefono e, ordinati per
missing_feature 3: sarebbe bello, sarebbe utile, sarebbe comodo, sarebbe ottimo, ci servirebbe, mi servirebbe, avete in programma,
 e previsto, prevedete, nei vostri piani, roadmap, ci manca, ci mancava, mi manca, suggerimento, suggerimenti, potreste
 aggiungere, potete aggiungere, aggiungete, tema scuro, funzione che, funzione per cui, manca una funzione, manca la possibilita, manchi una cosa, mancano funzioni
missing_feature 3: avete mai pensato, avete pensato, ci farebbe comodo, farebbe comodo, farebbero comodo, ci aiuterebbe se, e in lista,
 connettore, avevamo proposto, avevo proposto, modifica in blocco, scorciatoi*, modalita offline, avete levato, avete tolto la,
 avete eliminato, avete in mente, ci sono piani, pensate di aggiungere, sarebbe fantastico
missing_feature 2: scorciatoia, funzione, funzioni, funzionalita, integrazione con, opzione per, un opzione
support 2: richiamavano, vostro tecnico, tecnico mi, della chat, la chat, dare una mano, risposta automatica, sollecitato,
 ticket aperto, in riferimento al messaggio, girarlo a, vendite e, urgenze, parlare con qualcuno, un responsabile, consulente,
 commerciale, mia mail, mio messaggio, sempre pronti
support 2: assistenza, servizio clienti, supporto, operator*, chatbot, al telefono, il telefono, telefonata, chiamata, chiamarmi, chiamatemi,
 chiamare, richiam*, risposta, risposte, risponde, rispondono, rispondete, ticket, referente, nessuno mi ha, vostro team,
 aiuto, aiutarci, aiutarmi, personale, parlare con, scrivo, scritto, mail, pazienza, linea, riattaccat*, rimbalz*, non si risolve, segreteria
how_to 2.5: come faccio, come si, come posso, come possiamo, come cambio, come configuro, dove trovo, dove si, dove posso,
 e possibile, c e un modo, c e modo, si puo, mi spiegate, potete spiegarmi, documentazione, manuale, tutorial, guida, configur*,
 installazione, facile da usare, quali formati, quanti, quante, istruzioni, formazione
how_to 2.5: che differenza c e, differenza tra, dov e, quali colonne, importare i, vorremmo importare, domanda veloce, e normale,
 la guida, il manuale, video, puo partire, da sola, da solo, predefinit*, passo passo, qual e la, come mai, a cosa serve
how_to 2: posso usare, come, complicat*, capire, capito, imparare, lingua
"""
