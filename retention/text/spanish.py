"""Spanish: words of support and of leaving, written for Backstay. `*` stands for any ending; accents do not matter."""

from typing import Final

FUNCTION_WORDS: Final = """
al cada como con cual cuando de del desde donde el en entre era es eso esta estan este esto estoy favor fue gracias ha
habeis hace han hasta hay he hemos hola la las le les lo los mas me mi mis mucho muy nada ni no nos nuestra nuestro o
os otra otro para pero podeis por porque puede pueden puedo que quien quiero quisiera se ser si sigo siguen sin solo
son su sus te tenemos tengo tiene todo todos tu un una unas unos vuestra vuestro vuestros y ya
"""
NEGATORS: Final = """
no ni nunca jamas sin tampoco nada ningun ninguna ninguno apenas
"""
STRONGER: Final = """
muy tan demasiado realmente totalmente absolutamente completamente sumamente super bastante verdadera verdaderamente
extremadamente mas tremendamente increiblemente
"""

FEELINGS: Final = """
-4: asco, asqueros*, el peor, estafa*, estafad*, estafador*, fraude, fraudulent*, indignad*, indignante, la peor,
    ladron*, lo peor, me roban, nos roban, robo, timad*, timo, timos, tomadura de pelo, toman el pelo, tomando el
    pelo, un robo, vergonzos*
-3: 1 estrella, abogado, acabando la paciencia, alejaos, arrepentid*, atropello, basura, bochorn*, cabread*,
    catastrof*, cero estrellas, chapuza*, colmo, consumo, de risa, demanda, denunci*, deplorable, desastre,
    desastros*, desesperad*, desesperante, devolvedme el dinero, devuelvanme, dinero tirado, enfadad*, engan*, evitad,
    fatal, furios*, gracias por nada, groser*, hart*, hasta aqui, hasta el gorro, hasta las narices, hoja de
    reclamaciones, horrible, horriblemente, huid, inaceptable, inadmisible, incompeten*, indecente, insult*,
    intolerable, inutil, inutiles, inutilizable, lamentable, maleducad*, me arrepiento, me desespera, mentir*, miente,
    mienten, nefast*, no compreis, no compren, no la compreis, no lo compreis, no los compreis, no volvere, no
    volveremos, no vuelvo a, nunca mas, odia, odiamos, odian, odio, paciencia se, penos*, perder la paciencia, perdida
    de dinero, perdida de tiempo, perdido la confianza, perdido la paciencia, perdido toda la confianza, pesadilla,
    pesim*, ridicul*, terrible, tirar el dinero, ultima gota, un chiste, una broma, una estrella, una miseria,
    verguenza
-2.5: a la competencia, abandon*, al garete, asi cuidais, asi se cuida, buscando alternativas, cada vez peor,
    cambiarnos de, caos, caotic*, cara dura, caradura, cargos ocultos, carisim*, caro para, comisiones ocultas, como
    una pelota, costes ocultos, dado mas que problemas, de mal en peor, decepcion*, deja mucho que desear, dejadez,
    dejado tirad*, dejan mucho que desear, dejan tirad*, demasiado caro, desagradable, desatendid*, descontent*,
    desprecio, despropósito, disgust*, engorro, esperaba algo, esperaba mas, esperaba mucho mas, excusa, excusas,
    frustra*, habian tratado asi, ignorad*, imposible, impresentab*, incumpl*, insatisfech*, irme a la competencia,
    irnos a la competencia, jeta, largas, les da igual, llena de errores, llena de fallos, lleno de errores, lleno de
    fallos, lo prometido, mal, mal servicio, mala, mala calidad, mala experiencia, malas, malisim*, malo, malos,
    mareando, me cambio a, me habian tratado, me ignora*, me largo, me marean, me rindo, me toman por, me voy,
    mediocre, merecemos algo, merecemos mas, molest*, morro, mucho ruido y pocas, nada funciona, nadie hace nada,
    nefasto, ni caso, ninguna ayuda, ninguneo, no autoric*, no ayudan, no cumple, no cumplen, no cumplis, no es lo
    prometido, no funciona nada, no habia pedido, no haceis nada, no hacen nada, no hay manera, no hay quien, no he
    pedido, no la recomiendo, no les importa, no lo recomiendo, no me ayudan, no me fio, no me puedo fiar, no merece
    la pena, no nos fiamos, no nos podemos fiar, no os importa, no perdais el tiempo, no pierdan el tiempo, no pierdas
    el tiempo, no podemos fiarnos, no recomendaria, no recomiendo, no renuevo, no se lo recomiendo, no se para que, no
    se por que seguimos, no sirve, no sirve de nada, no sirve para nada, no tiene ningun sentido, no tiene sentido, no
    vale la pena, no vale lo que, nos cambiamos a, nos falla, nos ignora*, nos largamos, nos marchamos, nos marean,
    nos vamos, nunca autoric*, nunca funciona, nunca ha funcionado, nunca me habian tratado, o nos marchamos, os da
    igual, os negais, otras opciones, para que pagamos, para tirar, pasais de, pasan de mi, pasotismo, penita, peor,
    peores, poco fiable, prometiendo, publicidad enganosa, que casualidad, queréis engañar, rata, ratas, regular
    tirando, sabeis lo que nos, sacacuartos, sacar dinero, sacarnos el dinero, se lavan las manos, se niega, se
    niegan, sin avisar, sin aviso, sin consultar, sin mi consentimiento, sin permiso, sin pies ni cabeza, sin previo
    aviso, sobreprecio, solo problemas, sospechos*, sucia, sucias, sucio, sucios, tacaños, teneis idea de, tienen idea
    de, tirada, tirado, tratais a, tratan a los, un cachondeo, vendehumos, vuelto a caer, ya no cuela, ya no me creo,
    ya no nos creemos, ya no os creemos, ya no os creo, yo no pedi
-2: abusiv*, algo mas barato, anticuad*, cada dos por tres, cansad*, cargo duplicado, chapucer*, cobrado de mas,
    cobrado dos veces, cobran de mas, cobrasteis dos veces, cobro duplicado, colgaron, complicad*, confus*, cuarta
    vez, cutre, dando vueltas, de nuevo, de un departamento a otro, de una persona a otra, dia perdido, doble cobro,
    enesima vez, engorros*, hace meses, he perdido, hemos perdido, inestable, injust*, iremos a otro, lastima,
    lentisim*, lios*, llevamos dias, llevamos semanas, llevo dias, llevo horas, llevo meses, llevo semanas, llevo una
    semana, me colgo, me cuelgan, me parece fatal, me parece mal, me pasan de, me siguen cobrando, mierda, nada de
    nada, nadie ayuda, nadie contesta, nadie me, nadie nos, nadie responde, nadie resuelve, nadie sabe, nadie se
    acuerda, nadie soluciona, ni a mi peor enemigo, ni siquiera, ni una solucion, no aparecio nunca, no contest*, no
    cuadra, no dais, no entiendo como, no es de recibo, no es normal, no ha llegado nunca, no hay derecho, no me lo
    puedo creer, no me puedo creer, no me responde*, no nos responde*, no puede ser, no respondeis, no responden,
    nunca aparecio, nunca llego, nunca recibi, otra subida, otra vez, pena, perdida de datos, perdimos, podria ser
    mejor, podria ser mucho mejor, podria ser muy bueno, poner una queja, poner una reclamacion, porqueria, presentar
    una queja, que pena, queja formal, quinta vez, quitarme dinero, rescindir*, seguimos esperando, seguimos igual,
    seguimos sin, seguis cobrando, seguis sin, semana perdida, si esto no se, si no lo arreglais, si no se arregla,
    siempre igual, siempre lo mismo, siempre responden, siempre tarde, sigo esperando, sigo sin, sigue cobrando,
    siguen cobrando, siguen sin, sin contestar, sin responder, sin respuesta, sin sentido, sin solucion, tan dificil,
    tercera vez, todo el rato, torpe, un abuso, una y otra vez, ya esta bien, ya no se que hacer
-1.4: a estas alturas, aranazo, averiad*, bajo la lluvia, cobran por todo, con horas de, cuarto cuelgue, de mas,
    demasiados intentos, derretid*, disculparme, en la vida, en serio, encogieron, hasta que os, he reclamado, lo
    dejamos, me entero, me he quedado igual, ni un correo, ni un email, ni una llamada, no guarda, no hay forma, no se
    devuelve, no vuelve a, nos cuesta, nos rompe, otra vez mas, pedir disculpas, quien disena, reclame, segunda vez,
    silencio, vacios, ya me he
-0.8: antes era buen*, antes iba bien, caida, caidas, cara, carisimo, caro, colgad*, culpa, danad*, defectuos*, dejo
    de funcionar, desaparecid*, dificil, echa cada, equivocad*, estropead*, falla, fallan, faltan, fria, frio, ha
    dejado de funcionar, hace semanas, increible, lenta, lentitud, lento, menuda, menudo, no funciona, no funcionan,
    no va, perdid*, por culpa, preocup*, problema*, prometieron, prometiste, prometisteis, queja*, reclam*, retrasad*,
    retraso, retrasos, rot*, se cae, se cierra, se cuelga, semanas despues, tarde, vaya
-0.4: bloquead*, desafortunadamente, desgraciadamente, error, errores, fallo, fallos, incidencia, incorrect*,
    lamentablemente, tarda, todavia
4: 5 estrellas, cinco estrellas, el mejor, excepcional, impecable, la mejor, los mejores, no podria estar mas
3: brillante, buen trabajo, cumple lo que promete, de diez, de lujo, de maravilla, encanta, encantad*, enhorabuena,
    estupend*, excelen*, extraordinari*, fantastic*, felicidades, felicit*, fenomenal, genial, geniales, gran trabajo,
    grata sorpresa, hace lo que promete, justo lo que, les encanta, lo recomiendo, magnific*, maravill*, me ahorra, me
    encanta, me ha ganado, me ha salvado, merece la pena, motivos de queja, ningun problema, ninguna queja, no esta
    nada mal, no me puedo quejar, no me quejo, nos ahorra, nos encanta, nunca he tenido, nunca me ha dado, perfect*,
    precisamente lo que, recomendable, recomendamos, recomendaria, recomiendo, seguid asi, sigan asi, sin ningun
    problema, sin queja*, sobresaliente, un acierto, vale la pena
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
0: a lo mejor, bien clarito, buenas noches, buenas tardes, buenos dias, esta bien, estaria bien, lo mejor posible, mal
    entendido, mala suerte, mas bien, mas rapido posible, me gustaria, mejor forma, nos gustaria, o bien, seria bueno,
    un buen
"""

TOPICS: Final = """
access 3: acceder, acceso de solo lectura, bloquead*, bloqueado la cuenta, certificado, codigo, codigo de
    verificacion, codigos, contrasena*, cuenta bloqueada, cuenta se ha bloqueado, cuenta suspendida, dar acceso,
    desbloque*, doble factor, dos pasos, enlace de invitacion, iniciar sesion, inicio de sesion, invitacion, los
    codigos, no puedo acceder, no puedo entrar, permisos de, poder entrar, quitar el acceso, quito el acceso,
    recuperar la cuenta, recuperar mi cuenta, recupere la cuenta, sesion caducada, sin poder acceder, sin poder
    entrar, solo lectura, sso, suspendeis la cuenta, suspendido la cuenta, verificacion en dos
access 2: acceso, administrador, clave, entrar, permisos, sesion, usuario y
billing 3: cobrado dos veces, devuelve el dinero, factura, facturas, forma de pago, metodo de pago, reembolso,
    reembolsos
billing 2: abonada, abonado, abono, administracion, anual, asociaciones, banco, bizum, calidad precio, cara, cargo,
    cargos, carisim*, caro, centros de coste, cif, cobr*, cobran, comision, comisiones, contabilidad, contracargo,
    coste, costes, cuesta, cuota, cuota anual, cuotas, descuento*, devolucion del dinero, devolvedme el dinero,
    dinero, dinero tirado, domicili*, euros, extracto, factura*, facturacion, financi*, gratis, iban, importe, importe
    total, importes, iva, licencia anual, mensual, pagado, pagamos, pagar, pago, pagos, pague, paypal, plazo, plazos,
    precio, precios, precios justos, presupuesto*, prorrate*, recibo*, reembols*, renovacion que, requerimiento*,
    subida de precio, subida del, suscripcion anual, tarifa*, tarifas, tarjeta, tpv, transferencia, vencimiento
billing 1: barata, barato
cancellation 3: a la competencia, acabar el contrato, anular la suscripcion, borrad mi cuenta, borrar mi cuenta, boton
    de cancelar, cancelacion, cancelad, cancelado, cancelar, cancelarl*, cancele, cancelo, cerrad mi cuenta, cerrar la
    cuenta, cerrar mi cuenta, cerrar su cuenta, congelar la cuota, congelar mi cuota, contrato acaba, contrato
    termina, dad de baja, dada de baja, dadme de baja, damos de baja, dar de baja, darme de baja, darnos de baja,
    darse de baja, de baja, dejar el servicio, dejar la suscripcion, desactivad*, desactivar mi cuenta, desuscrib*,
    dos suscripciones, doy de baja, eliminad mi cuenta, eliminar mi cuenta, fin de contrato, fin del contrato,
    finalizar el contrato, la baja, lo dejamos, me cambio a, me di de baja, no continuar, no queremos renovar, no
    quiero renovar, no renovar, no renovaremos, no renuevo, no seguir con, nos cambiamos a, o nos marchamos, pausar
    la, pausar mi, permanencia, poner fin, prescindir de, quitad la mas antigua, rescind*, terminar el contrato,
    tramitamos la baja, tramitar la baja
cancellation 2: baja, contrato, suscripcion*
delivery 2: aduana*, agotad*, almacen, arañazo, articulo*, bajo la lluvia, caja, caja bajo, comida, compra, comprar
    aqui, devolucion, devolver el, devolver la, devolver lo, devolver una, devuelvo, embal*, entrega*, enviado,
    enviais, envio, envios, estanteria, existencias, exprés, franja, hamburguesa, helado, lavadora, llegado, llego,
    llego roto, lo mio, lo pedi el, mandasteis, me mandais, mensajer*, mensajeria, mercancia, mi compra, no llega,
    paquete*, pedido*, pizza, portal, punto de recogida, recibido, repartidor*, reparto, restaurante, sale mi,
    seguimiento, sofa, stock, talla, te lo piden, tornillos, transporti*, transportistas, vecino
how_to 2.5: como cambio, como configuro, como hago, como podemos, como puedo, como se, como va, como van, configur*,
    cual es la, cuantas, cuantos, curva de, diferencia entre, documentacion, donde encuentro, donde esta, donde esta
    la opcion, donde puedo, donde se, duda, el manual, es lo normal, es normal, es posible, facil de usar, formacion,
    guia, hay alguna forma, hay alguna manera, hay forma de, importar los, instrucciones, leido la ayuda, manual, me
    podeis explicar, paso a paso, podeis explicarme, por defecto, puede salir, puesta en marcha, que columnas, que
    diferencia hay, que formatos, queremos importar, se puede, se pueden, sola, tutorial*, una duda rapida, videos
how_to 2: aprender, como, complicad*, entender, idioma, puedo usar
missing_feature 3: anadierais, atajos de, conector, echamos de menos, echamos en falta, echo de menos, echo en falta,
    edicion en bloque, en vuestros planes, esta en la lista, esta previsto, estaria bien poder, estaria bien que,
    estaria genial, falta la opcion, falta una opcion, faltan funciones, falte algo, funcion por la, funcion que pedi,
    habeis pensado en, habeis quitado, hay planes de, hoja de ruta, me gustaria que, modo oscuro, modo sin conexion,
    necesitamos poder, nos ayudaria que, nos faltaba, nos vendria bien, nos vendrian, os animo a, para cuando, pensais
    anadir, podriais anadir, que propuse, que propusimos, quitasteis el, quitasteis la, se echa en falta, seria bueno,
    seria estupendo, seria genial, seria util, sin modo, sugerencia, sugerencias, teneis previsto, tenis previsto,
    vais a anadir
missing_feature 2: atajo*, funcion, funcionalidad*, funciones, integracion con, opcion de, opcion para
support 2: a soporte, abri la incidencia, agente*, al telefono, asesor, atencion al cliente, ayuda, chatbot,
    comercial, contest*, correos, de ventas a, del chat, echar una mano, el chat, el telefono, encargado, escribo,
    gestor, hablar con, hablar con alguien, llamada, llamadme, llamar, llamaron, llameme, llamen, me atend*, me
    llamaban, me llaman el, me llamaron, me llame, me pasan de, mensaje de, mi correo, nadie me ha, nadie resuelve,
    operador*, os escribo, paciencia, pasarle esto, personal, por telefono, quedarse hasta tarde, quedo resuelto,
    reclame, responde*, respuesta automatica, respuesta*, servicio al cliente, sin respuesta, sobre mi mensaje,
    soporte, tecnico me, ticket*, trato, un responsable, urgencias, vuestro equipo, vuestro tecnico
technical 2: actualizacion*, android, api, aplicacion, app, avisos, boton, bug*, buscador, caida, caidas, calendario,
    carga, cargar, chrome, citas, colgad*, copia de seguridad, cuelgue*, desaparecen, documento, duplicad*, en blanco,
    enlace roto, error, errores, estable, falla, fallo, fallos, firefox, grafico*, guardado, ha desaparecido todo,
    imprime, imprimir, incidencia*, incrustar, inestable, informes salen, integracion, intranet, iphone, latencia,
    lector, lenta, lentisim*, lento, navegador*, no carga, no funciona, no funcionan, no guarda, notificacion*,
    ordenador, pagina, pagina de estado, panel, pantalla*, perdida de datos, permiso denegado, plataforma, portatil,
    rediseno, rendimiento, restaurar, saltos de linea, se cae, se cierra, se congela, se cuelga, se detiene, se para,
    se queda en, servidor*, sincroniz*, sistema, subir archivos, tableta, tarda, ubicacion, version, vuela, windows
technical 1: archivos, busqueda, datos, exportacion, importacion, informe, informes, movil, ordenan, programa, web
"""
