"""Spanish: words of support and of leaving, written for Backstay. `*` stands for any ending; accents do not matter."""

from typing import Final

FUNCTION_WORDS: Final = """
a al cada como con cual cuando de del desde donde el en entre era es eso esta estan este esto estoy favor fue gracias
ha habeis hace hacer han hasta hay he hemos hola la las le les lo los mas me mi mis mucho muy nada ni no nos nuestra
nuestro o os otra otro para pensais pero podeis podemos por porque puede pueden puedo que queremos quien quiero
quisiera quisieramos se ser si sigo siguen sin sois solo son su sus te teneis tenemos tengo tiene todo todos tu un una
unas unos vais vendeis vuestra vuestro vuestros y ya
"""
NEGATORS: Final = """
no ni nunca jamas sin tampoco nada ningun ninguna ninguno apenas
"""
STRONGER: Final = """
muy tan demasiado realmente totalmente absolutamente completamente sumamente super bastante verdadera verdaderamente
extremadamente mas tremendamente increiblemente
"""

FEELINGS: Final = """
-4: asco, asqueros*, atracad*, atraco, chorizos, delincuentes, desfalco, el peor, estafa*, estafad*, estafador*,
    fraude, fraudulent*, indignad*, indignante, la peor, ladron*, lo peor, me roban, nos roban, robo, robo a mano,
    sinverguenz*, timad*, timo, timos, tomadura de pelo, toman el pelo, tomando el pelo, un robo, vergonzos*
-3: 1 estrella, abogado, acabando la paciencia, acabe llorando, ahorraos el dinero, ahorrense, alejaos, arrepentid*,
    asquea, atropello, aviso a todos, basura, bochorn*, borde, bordes, cabread*, catastrof*, cero estrellas, chapuza*,
    chuler*, colmo, cono, consumo, costando clientes, costando dinero, cuidado con, de chiste, de locos, de risa,
    dejad de molestar, dejeis de molestar, dejen de molestar, demanda, denunci*, deplorable, desastre, desastros*,
    desesperad*, desesperante, despotic*, devolvedme el dinero, devuelvanme, dinero tirado, enfadad*, engan*,
    espantos*, evitad, exijo, fatal, fraudulenta, furios*, gracias por nada, groser*, habeis perdido a un, han perdido
    un cliente, hart*, harto ya, hasta aqui, hasta el gorro, hasta las narices, hoja de reclamaciones, horrible,
    horriblemente, horroros*, hostia, hostias, huid, inaceptable, inadmisible, incompeten*, indecencia, indecente,
    infierno, insult*, intolerable, intratable, inutil, inutiles, inutilizable, jamas volvere, jamas volveria,
    lamentable, leches, llorando, maleducad*, me arrepiento, me desespera, me hizo llorar, mentir*, miente, mienten,
    narices, nefast*, ni se os ocurra, no compreis, no compren, no la compreis, no lo compreis, no los compreis, no os
    lo recomiendo, no pienso, no pienso pagar, no pienso volver, no piseis, no volvere, no volveremos, no vuelvo a,
    nunca mas, nunca mas volvere, odia, odiamos, odian, odio, odisea, paciencia se, penos*, perdemos clientes, perder
    clientes, perder la paciencia, perdida de dinero, perdida de tiempo, perdido la confianza, perdido la paciencia,
    perdido toda la confianza, pesadilla, pesim*, prepotent*, ridicul*, se acabo, sois unos, son unos, suspenso,
    terrible, tirar el dinero, traicionad*, ultima gota, un cero, un chiste, un cliente menos, un infierno, una broma,
    una estrella, una miseria, verguenza, vomitiv*
-2.5: a la competencia, a nadie de, a nadie le, a otra compania, a otro proveedor, abandon*, al garete, asi cuidais,
    asi se cuida, buscando alternativas, cada dia peor, cada uno dice, cada vez peor, cambiarnos de, caos, caotic*,
    cara dura, caradura, cargos ocultos, carisim*, caro para, comisiones ocultas, como una pelota, compre en otra,
    congelada, costes ocultos, cruda, crudo, cucaracha*, culpa mia, dado mas que problemas, dais largas, dar largas,
    de mal en peor, de una vez, decepcion*, deja mucho que desear, dejadez, dejado tirad*, dejan mucho que desear,
    dejan tirad*, demasiado caro, desagradable, desatendid*, descontent*, descosi*, desgarrad*, desprecio,
    despropósito, destrozad*, disgust*, echan la culpa, en mal estado, engorro, enrevesad*, esperaba algo, esperaba
    mas, esperaba mucho mas, excusa, excusas, frustra*, habian tratado asi, hackead*, hecho pedazos, hecho polvo,
    helada, huele, humedad, id a otro, ignorad*, importa un, imposible, impresentab*, incumpl*, insatisfech*,
    insegur*, irme a la competencia, irnos a la competencia, jeta, largas, le importa, les da igual, les importa,
    llena de errores, llena de fallos, lleno de errores, lleno de fallos, lo prometido, mal servicio, mala, mala
    calidad, mala experiencia, malas, malisim*, malo, malos, manchad*, manchas, mareando, mas trabajo, me cambio a, me
    cambio de compania, me habian tratado, me ignora*, me largo, me marean, me paso a otra, me rindo, me toman por, me
    voy, mediocre, menos que, merecemos algo, merecemos mas, molest*, morro, mucho ruido y pocas, nada funciona, nadie
    hace nada, nefasto, ni caso, ninguna ayuda, ninguneo, no autoric*, no ayudan, no ayudan en nada, no cumple, no
    cumplen, no cumplis, no es lo prometido, no funciona nada, no habia pedido, no haceis nada, no hacen nada, no hay
    manera, no hay quien, no he pedido, no la recomiendo, no les importa, no lo esta, no lo recomiendo, no me ayudan,
    no me fio, no me ha convencido, no me puedo fiar, no me solucion*, no merece la pena, no nos fiamos, no nos
    podemos fiar, no os importa, no perdais el tiempo, no pierdan el tiempo, no pierdas el tiempo, no podemos fiarnos,
    no pueden hacer nada, no recomendaria, no recomiendo, no renuevo, no se lo recomiendo, no se para que, no se por
    que seguimos, no se puede hacer nada, no sirve, no sirve de nada, no sirve para nada, no sirven, no tiene ningun
    sentido, no tiene sentido, no vale la pena, no vale lo que, nos cambiamos a, nos falla, nos ignora*, nos largamos,
    nos marchamos, nos marean, nos pasamos a otra, nos vamos, nunca autoric*, nunca funciona, nunca ha funcionado,
    nunca lo esta, nunca me habian tratado, o nos marchamos, olia, os da igual, os negais, otras opciones, otro sitio,
    para que pagamos, para tirar, pasa de mi, pasais de, pasan de mi, pasan de nosotros, pasotismo, pedazos,
    peligros*, penita, peor, peores, perdiendo el tiempo, pierdo el tiempo, poco fiable, prometiendo, publicidad
    enganosa, que casualidad, que menos que, quemad*, queréis engañar, rata, ratas, regular tirando, respuestas
    distintas, retroces*, roto en, sabeis lo que nos, sacacuartos, sacar dinero, sacarnos el dinero, se lavan las
    manos, se niega, se niegan, sin avisar, sin aviso, sin consultar, sin mi consentimiento, sin permiso, sin pies ni
    cabeza, sin previo aviso, sobreprecio, solo problemas, sospechos*, suci*, sucia, sucias, sucio, sucios, tacaños,
    teneis idea de, tienen idea de, tirada, tirado, trabas, tratais a, tratan a los, un cachondeo, va a peor,
    vendehumos, versiones distintas, vuelto a caer, ya no cuela, ya no me creo, ya no nos creemos, ya no os creemos,
    ya no os creo, yo no pedi
-2: a ultima hora, abusiv*, algo mas barato, anticuad*, cada dos por tres, cansad*, cargo duplicado, chapucer*, cinco
    veces, cobrado de mas, cobrado dos veces, cobran de mas, cobrasteis dos veces, cobro duplicado, colgaron,
    complicad*, confus*, contar otra vez, cuarta vez, cutre, dando vueltas, de nuevo, de un departamento a otro, de
    una persona a otra, debia llegar, desde el principio, dia perdido, dias esperando, dias seguidos, dias tarde, diez
    veces, doble cobro, enesima vez, engorros*, hace meses, he perdido, hemos perdido, horas esperando, inestable,
    injust*, ir detras, iremos a otro, lastima, lentisim*, lios*, llevamos dias, llevamos semanas, llevo dias, llevo
    horas, llevo meses, llevo nueve dias, llevo semanas, llevo una semana, mal los pedidos, me colgo, me cuelgan, me
    parece fatal, me parece mal, me pasan de, me siguen cobrando, mes seguido, meses esperando, mierda, mil veces,
    mitad de contrato, nada de nada, nadie ayuda, nadie contesta, nadie me, nadie nos, nadie responde, nadie resuelve,
    nadie sabe, nadie se acuerda, nadie soluciona, ni a mi peor enemigo, ni ordenar, ni siquiera, ni siquiera puedo,
    ni una solucion, no aparecio nunca, no contest*, no contrate, no cuadra, no dais, no entiendo como, no es de
    recibo, no es normal, no ha llegado nunca, no hay derecho, no hay manera de que, no he contratado, no me lo puedo
    creer, no me movi, no me puedo creer, no me responde*, no nos responde*, no puede ser, no respondeis, no
    responden, no se puede ni, nueve dias esperando, nunca aparecio, nunca llego, nunca recibi, otra subida, otra vez,
    pedido mal, pena, perdida de datos, perdimos, podria ser mejor, podria ser mucho mejor, podria ser muy bueno,
    poner una queja, poner una reclamacion, porqueria, presentar una queja, que pena, queja formal, quinta vez,
    quitarme dinero, rescindir*, se cae todas, se corta la llamada, se corto la llamada, seguimos esperando, seguimos
    igual, seguimos sin, seguis cobrando, seguis sin, segunda semana, seis veces, semana perdida, semana seguida,
    semanas esperando, semanas tarde, si esto no se, si no lo arreglais, si no se arregla, siempre igual, siempre lo
    mismo, siempre responden, siempre tarde, sigo esperando, sigo sin, sigue cobrando, siguen cobrando, siguen sin,
    sin contestar, sin responder, sin respuesta, sin sentido, sin solucion, tan dificil, tengo que ir detras, tenia
    que haber, tenia que llegar, tercera semana, tercera vez, toda la historia, todas las noches, todo el rato, todos
    los meses, torpe, un abuso, una hora esperando, una semana tarde, una y otra vez, veces ya, vienen mal, voy
    detras, ya esta bien, ya no se que hacer, ya van
-1.4: a estas alturas, aranazo, averiad*, bajo la lluvia, cobran por todo, con horas de, cuarto cuelgue, de mas,
    demasiados intentos, derretid*, disculparme, en la vida, en serio, encogieron, hasta que os, he reclamado, lo
    dejamos, me entero, me he quedado igual, ni un correo, ni un email, ni una llamada, no guarda, no hay forma, no se
    devuelve, no vuelve a, nos cuesta, nos rompe, otra vez mas, pedir disculpas, quien disena, reclame, silencio,
    vacios, ya me he
-1.2: mal, ni una, no vale, se niega a, segunda vez
-0.8: antes era buen*, antes iba bien, caida, caidas, cara, carisimo, caro, colgad*, culpa, danad*, defectuos*, dejo
    de funcionar, desaparecid*, dicen que no, dificil, dos veces, echa cada, equivocad*, esperando, estropead*, falla,
    fallan, faltan, fria, frio, ha dejado de funcionar, hace semanas, increible, lenta, lentitud, lento, menuda,
    menudo, no funciona, no funcionan, no va, perdid*, por culpa, preocup*, problema*, prometieron, prometiste,
    prometisteis, queja*, reclam*, retrasad*, retraso, retrasos, rot*, se cae, se cierra, se cuelga, semanas despues,
    tarde, todas las semanas, todos los dias, vaya, y encima
-0.4: bloquead*, desafortunadamente, desgraciadamente, error, errores, fallo, fallos, incidencia, incorrect*,
    lamentablemente, tarda, todavia
4: 5 estrellas, cinco estrellas, el mejor, excepcional, impecable, la mejor, los mejores, no podria estar mas
3: a la primera, asi tiene que ser, brillante, buen trabajo, como la seda, coser y cantar, cumple lo que promete, de
    diez, de lujo, de maravilla, educada, educado, encanta, encantad*, enhorabuena, estupend*, excelen*,
    extraordinari*, fantastic*, felicidades, felicit*, fenomenal, genial, geniales, gran trabajo, grata sorpresa, hace
    lo que promete, justo lo que, les encanta, lo recomiendo, magnific*, maravill*, me ahorra, me encanta, me ha
    ganado, me ha salvado, mejor de lo que, merece la pena, motivos de queja, ni un corte, ningun problema, ninguna
    queja, no esta nada mal, no me puedo quejar, no me quejo, no puedo recomendarlos mas, nos ahorra, nos encanta,
    nunca he tenido, nunca me ha dado, perfect*, perfecto estado, precios ajustados, precisamente lo que, puntual,
    recomendable, recomendamos, recomendaria, recomiendo, sale a cuenta, sale muy a cuenta, se desvivieron, se
    desvivio, seguid asi, sigan asi, sin arrepentirme, sin letra pequena, sin ningun problema, sin pegas, sin queja*,
    sobresaliente, sorprendida para bien, sorprendido para bien, un 10, un acierto, vale la pena, volveria sin dudar*
2: acertad*, agradable*, agradec*, al grano, amable*, arreglado, atent*, barato, bien, bonit*, buen, buena, buenas,
    bueno, buenos, cero sorpresas, chapo, chula, chulo, como en casa, comod*, content*, contenta, contento, contentos,
    correctos, cumple de sobra, da gusto, de lo mejor, echar una mano, eficaz, eficien*, estable, feliz, fiable, ganas
    de volver, gusta, gusto, intuitiv*, just*, lo recupere, majisim*, me gusta, mejor que, mejora*, mil gracias, mil
    vueltas, muchas gracias, ni un solo, no esta mal, no me imagino, nos gusta, nota la diferencia, practic*,
    profesional*, quedo resuelto, repetimos, repetire, resolvieron, resuelto, satisfech*, se agradece, seguro que
    repito, simpatic*, sin un solo, solucionado, solucionaron, soluciono, todo un detalle, top, un descubrimiento, un
    detalle, un diez, un encanto, un lujo, un placer, una gozada, una pasada, util, utiles, volvere, volveremos, vuela
1.5: clara, claras, clarisim*, claro, claros, facil, faciles, rapid*, sencill*
0.6: funciona, funcionan, gracias, mejor
0: a lo mejor, bien clarito, bien el, buenas a todos, buenas noches, buenas tardes, bueno pues, buenos dias, como en
    casa siempre, escrito mal, esta bien, estaria bien, lo mejor posible, mal entendido, mal escrito, mala suerte, mas
    bien, mas rapido posible, mas sencillo posible, me gustaria, me vendria bien, mejor forma, metio mal, muchas
    gracias de verdad, ni mas ni menos, nos gustaria, nos vendria genial, o bien, otra pestana, sea tan amable,
    segunda pestana, seria bueno, seria estupendo, seria genial, seria util, si sois tan amables, tan amable de,
    tercera persona, un buen, util poder, vendria bien
"""

TOPICS: Final = """
access 3: acceder, acceso de solo lectura, bloquead*, bloqueado la cuenta, certificado, codigo, codigo de
    verificacion, codigos, contrasena*, cuenta bloqueada, cuenta se ha bloqueado, cuenta suspendida, dar acceso,
    desbloque*, doble factor, dos pasos, enlace de invitacion, hackead*, iniciar sesion, inicio de sesion, inicio de
    sesion unico, intentando entrar, invitacion, invitar a usuarios, los codigos, no puedo acceder, no puedo entrar,
    permisos de, poder entrar, que rol, quitar el acceso, quito el acceso, recuperar la cuenta, recuperar mi cuenta,
    recupere la cuenta, restablecer, sesion caducada, sin poder acceder, sin poder entrar, solo lectura, sso,
    suspendeis la cuenta, suspendido la cuenta, usuarios externos, verificacion en dos, verificar el movil
access 2: acceso, administrador, clave, entrar, permisos, sesion, usuario y
billing 3: cobrado dos veces, devuelve el dinero, factura, facturas, forma de pago, metodo de pago, reembolso,
    reembolsos
billing 2: a cuenta, abonada, abonado, abono, administracion, ahorraos el dinero, al mes, anual, asociaciones, banco,
    bizum, calidad precio, cara, cargo, cargos, carisim*, caro, centros de coste, cif, cobr*, cobran, codigo de
    descuento, comision, comisiones, contabilidad, contracargo, coste, costes, cuesta, cuota, cuota anual, cuotas,
    descuento*, devolucion del dinero, devolvedme el dinero, dinero, dinero tirado, direccion de facturacion,
    domicili*, domiciliacion, ese dinero, euros, extracto, factura*, facturacion, facturado, financi*, gratis, iban,
    importe, importe total, importes, iva, letra pequena, licencia anual, licencias, mensual, pagado, pagamos, pagar,
    pago, pagos, pague, paypal, plan anual, plan premium, plazo, plazos, precio, precios, precios justos,
    presupuesto*, prorrate*, recibo*, reembols*, renovacion que, requerimiento*, subida de precio, subida del,
    suscripcion anual, tarifa, tarifa*, tarifas, tarjeta, tpv, transferencia, vencimiento
billing 1: barata, barato
cancellation 3: a la competencia, acabar el contrato, anular la suscripcion, borrad mi cuenta, borrar mi cuenta, boton
    de cancelar, cambio de compania, cancelacion, cancelad, cancelado, cancelar, cancelarl*, cancele, cancelo, cerrad
    mi cuenta, cerramos el negocio, cerrar la cuenta, cerrar mi cuenta, cerrar su cuenta, congelar la cuota, congelar
    mi cuota, contrato acaba, contrato termina, dad de baja, dada de baja, dadme de baja, damos de baja, dar de baja,
    darme de baja, darnos de baja, darse de baja, de baja, dejar el servicio, dejar la suscripcion, desactivad*,
    desactivar mi cuenta, despues de la baja, desuscrib*, dos suscripciones, doy de baja, eliminad mi cuenta, eliminar
    mi cuenta, eliminar mis datos, elimineis todos mis datos, fin de contrato, fin del contrato, finalizar el
    contrato, la baja, lo dejamos, mandar una carta, me cambio a, me di de baja, me paso a otra, no continuar, no
    queremos renovar, no quiero renovar, no renovar, no renovaremos, no renuevo, no seguir con, no vamos a renovar,
    nos cambiamos a, o nos marchamos, pausar la, pausar mi, permanencia, poner fin, por terminado nuestro contrato,
    prescindir de, quiero la baja, quitad la mas antigua, rescind*, se puede cancelar, terminar el contrato,
    tramitamos la baja, tramitar la baja
cancellation 2: baja, contrato, suscripcion*
delivery 3: albaran, cena, dejad el paquete, en casa, etiqueta de devolucion, hecho pedazos, helada, la devolvi,
    recoger el pedido, recoger en tienda, solo han llegado
delivery 2: aduana*, agotad*, almacen, arañazo, articulo*, bajo la lluvia, caja, caja bajo, comida, compra, comprar
    aqui, devolucion, devolver el, devolver la, devolver lo, devolver una, devuelvo, embal*, entrega*, enviado,
    enviais, envio, envios, estanteria, existencias, exprés, franja, hamburguesa, helado, lavadora, llegado, llego,
    llego roto, lo mio, lo pedi el, mandasteis, me mandais, mensajer*, mensajeria, mercancia, mi compra, no llega,
    paquete*, pedido*, pizza, portal, punto de recogida, recibido, repartidor*, reparto, restaurante, sale mi,
    seguimiento, sofa, stock, talla, te lo piden, tornillos, transporti*, transportistas, vecino
how_to 3: articulos de ayuda, como imprimo, como paso, como se hace, donde se sube, intuitivo, la interfaz, programar
    una formacion, recordatorios automaticos, tenemos que crear, tengo que crear
how_to 2.5: como cambio, como configuro, como hago, como podemos, como puedo, como se, como va, como van, configur*,
    cual es la, cuantas, cuantos, curva de, diferencia entre, documentacion, donde encuentro, donde esta, donde esta
    la opcion, donde puedo, donde se, duda, el manual, es lo normal, es normal, es posible, facil de usar, formacion,
    guia, hay alguna forma, hay alguna manera, hay forma de, importar los, instrucciones, leido la ayuda, manual, me
    podeis explicar, paso a paso, podeis explicarme, por defecto, puede salir, puesta en marcha, que columnas, que
    diferencia hay, que formatos, queremos importar, se puede, se pueden, sola, tutorial*, una duda rapida, videos
how_to 2: aprender, como, complicad*, entender, idioma, puedo usar
missing_feature 3: anadierais, atajos de, boton de exportar, complemento para, conector, echamos de menos, echamos en
    falta, echo de menos, echo en falta, edicion en bloque, en vuestros planes, esta en la lista, esta previsto,
    estaria bien poder, estaria bien que, estaria genial, falta la opcion, falta una opcion, faltan funciones, falte
    algo, funcion por la, funcion que pedi, habeis pensado en, habeis quitado, hay planes de, hoja de ruta, llevabamos
    tiempo esperando, me gustaria que, modo oscuro, modo sin conexion, necesitamos poder, no se puede ni, nos ayudaria
    que, nos faltaba, nos vendria bien, nos vendria genial, nos vendrian, os animo a, para cuando, pensais anadir,
    pensais sacar, pensais traducirlo, pidiendo un, poder marcar, podriais anadir, que propuse, que propusimos,
    quitasteis el, quitasteis la, se echa en falta, seria bueno, seria estupendo, seria genial, seria posible anadir,
    seria posible tener, seria util, seria util poder, sin modo, sugerencia, sugerencias, tema oscuro, teneis
    previsto, tenis previsto, vais a anadir
missing_feature 2: atajo*, funcion, funcionalidad*, funciones, integracion con, opcion de, opcion para
support 3: acta de, cada vez que llamo, chica que me, chico que me, cuando por fin me cogen, el chat se, equipo
    tecnico, me atendio, respuesta en 24, respuestas distintas, se lo he contado, se ponga en contacto, soporte dice,
    tecnico llego
support 2: a soporte, abri la incidencia, agente*, al telefono, asesor, atencion al cliente, ayuda, chatbot,
    comercial, contest*, correos, de ventas a, del chat, echar una mano, el chat, el telefono, encargado, escribo,
    gestor, hablar con, hablar con alguien, llamada, llamadme, llamar, llamaron, llameme, llamen, me atend*, me
    llamaban, me llaman el, me llamaron, me llame, me pasan de, mensaje de, mi correo, nadie me ha, nadie resuelve,
    operador*, os escribo, paciencia, pasarle esto, personal, por telefono, quedarse hasta tarde, quedo resuelto,
    reclame, responde*, respuesta automatica, respuesta*, servicio al cliente, sin respuesta, sobre mi mensaje,
    soporte, tecnico me, ticket*, trato, un responsable, urgencias, vuestro equipo, vuestro tecnico
technical 3: aviso de certificado, cierra la sesion cuando, conexion, error al, fibra, microfono, no detecta,
    reiniciar, router, se conecta al wifi, spam, termostato, un corte, va lenta, va tan lenta, wifi
technical 2: actualizacion*, android, api, aplicacion, app, arreglado, avisos, boton, bug*, buscador, caida, caidas,
    calendario, camara, carga, cargar, chrome, citas, colgad*, copia de seguridad, cuelgue*, desaparecen, dispositivo,
    documento, duplicad*, en blanco, enlace roto, error, errores, estable, falla, fallo, fallos, firefox, grafico*,
    guardado, ha desaparecido todo, impresora, imprime, imprimir, incidencia*, incrustar, inestable, informes salen,
    instalacion, integracion, internet, intranet, iphone, latencia, lector, lenta, lentisim*, lento, navegador*, no
    carga, no funciona, no funcionan, no guarda, notificacion*, ordenador, pagina, pagina de estado, panel, pantalla*,
    perdida de datos, permiso denegado, pestana, plataforma, portatil, rediseno, rendimiento, restaurar, safari,
    saltos de linea, se cae, se cierra, se congela, se cuelga, se detiene, se para, se queda en, servidor*,
    sincroniz*, sistema, subir archivos, tableta, tarda, ubicacion, version, vista previa, vuela, web va, windows
technical 1: archivos, busqueda, datos, exportacion, importacion, informe, informes, movil, ordenan, programa, web
"""
