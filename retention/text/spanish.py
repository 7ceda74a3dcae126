"""Spanish: words of support and of leaving, written for Backstay. `*` stands for any ending; accents do not matter."""

from typing import Final

FUNCTION_WORDS: Final = frozenset(
    """el la los las un una unos unas de del al y o que en por para con sin se su sus mi mis me te nos os le les lo es son
    esta este esto estan estoy ha he han hay no si como cuando donde quien muy mas pero porque ya desde hasta entre cual
    tu ser fue era tengo tiene tenemos puedo podeis puede pueden quiero quisiera hace nada ni mucho otra otro hola
    gracias favor vuestro vuestra vuestros nuestro nuestra habeis hemos sigo siguen solo todo todos eso cada""".split()
)
NEGATORS: Final = "no ni nunca jamas sin tampoco nada ningun ninguna ninguno apenas"
STRONGER: Final = """muy tan demasiado realmente totalmente absolutamente completamente sumamente super bastante verdadera
    verdaderamente extremadamente mas tremendamente increiblemente"""

FEELINGS: Final = """
-4: estafa*, estafad*, estafador*, timo, timos, timad*, fraude, fraudulent*, robo, un robo, ladron*, me roban, nos roban,
 tomadura de pelo, tomando el pelo, toman el pelo, asco, asqueros*, indignante, indignad*, vergonzos*, lo peor,
 la peor, el peor
-3: pesim*, horrible, horriblemente, terrible, fatal, nefast*, lamentable, deplorable, penos*, verguenza, inaceptable,
 intolerable, inadmisible, inutil, inutiles, inutilizable, basura, odio, odia, odian, odiamos, furios*, enfadad*, cabread*,
 desastre, desastros*, catastrof*, pesadilla, ridicul*, de risa, un chiste, una broma, insult*, mentir*, mienten, miente,
 engan*, hart*, hasta las narices, hasta el gorro, hasta aqui, colmo, ultima gota, paciencia se, perdido la paciencia,
 perder la paciencia, acabando la paciencia, perdido la confianza, perdido toda la confianza, no vuelvo a,
 no volvere, no volveremos, nunca mas, dinero tirado, tirar el dinero, perdida de tiempo, perdida de dinero, me arrepiento,
 arrepentid*, gracias por nada, me desespera, desesperad*, desesperante, maleducad*, groser*, incompeten*, huid,
 evitad, no compreis, no lo compreis, no la compreis, no los compreis, no compren, alejaos, una estrella, 1 estrella,
 cero estrellas, devolvedme el dinero, devuelvanme, abogado, demanda, consumo, hoja de reclamaciones, denunci*,
 indecente, chapuza*, bochorn*, una miseria, atropello
-2.5: decepcion*, frustra*, molest*, descontent*, insatisfech*, disgust*, mal servicio, mala calidad, mala experiencia,
 malo, mala, malos, malas, malisim*, peor, peores, mal, de mal en peor, cada vez peor, caro para, demasiado caro, carisim*,
 sobreprecio, no vale lo que, no vale la pena, no merece la pena, comisiones ocultas, costes ocultos, cargos ocultos,
 sin avisar, sin aviso, sin previo aviso, sin permiso, sin mi consentimiento, sin consultar, no cumple, no cumplen,
 no cumplis, incumpl*, no es lo prometido, lo prometido, prometiendo, no funciona nada, nunca funciona, nunca ha funcionado,
 nada funciona, no sirve para nada, no sirve de nada, no sirve, no hay quien, no hay manera, imposible,
 no me fio, no nos fiamos, no podemos fiarnos, no nos podemos fiar, no me puedo fiar, poco fiable, nadie hace nada,
 no haceis nada, no hacen nada, me ignora*, nos ignora*, ignorad*, ninguna ayuda, no ayudan, no me ayudan, no recomiendo,
 no lo recomiendo, no la recomiendo, no recomendaria, no se lo recomiendo, esperaba mas, esperaba mucho mas, esperaba algo,
 excusa, excusas, solo problemas, dado mas que problemas, nos vamos, me voy, irnos a la competencia, irme a la competencia,
 a la competencia, cambiarnos de, nos cambiamos a, me cambio a, lleno de errores, llena de errores, llena de fallos,
 lleno de fallos, os negais, se niegan, se niega, deja mucho que desear, dejan mucho que desear, tratais a, tratan a los,
 os da igual, les da igual, no os importa, no les importa, vuelto a caer, otras opciones, buscando alternativas
-2.5: ya no cuela, ya no os creo, ya no os creemos, ya no me creo, ya no nos creemos, no se por que seguimos, no se para que,
 para que pagamos, me habian tratado, habian tratado asi, nunca me habian tratado, queréis engañar, quereis enganar, sospechos*,
 publicidad enganosa, no perdais el tiempo, no pierdas el tiempo, no pierdan el tiempo, mediocre, regular tirando, sucio, sucia,
 sucios, sucias, me rindo, como una pelota, mareando, me marean, nos marean, merecemos algo, merecemos mas, mucho ruido y pocas,
 que casualidad, yo no pedi, no he pedido, no habia pedido, no autoric*, nunca autoric*, sabeis lo que nos, teneis idea de,
 tienen idea de, no renuevo, o nos marchamos, nos marchamos, nos largamos, me largo, asi se cuida, asi cuidais, nos falla,
 no tiene sentido, no tiene ningun sentido, sin pies ni cabeza, al garete, para tirar, un cachondeo, impresentab*, penita,
 vendehumos, sacacuartos, sacar dinero, sacarnos el dinero, rata, ratas, tacaños, jeta, morro, caradura, dejadez, abandon*,
 desatendid*, pasotismo, cara dura, desagradable, nefasto, dejan tirad*, dejado tirad*, tirado, tirada, ni caso, pasan de mi,
 pasais de, se lavan las manos, largas, me toman por, engorro, despropósito, desproposito, caos, caotic*, ninguneo, desprecio
-2: si no se arregla, si no lo arreglais, si esto no se, nunca aparecio, no aparecio nunca, algo mas barato, no es normal,
 no puede ser, no es de recibo, no me lo puedo creer, no me puedo creer, no entiendo como, porqueria, mierda, cutre, chapucer*,
 me parece fatal, me parece mal, queja formal, poner una queja, poner una reclamacion, presentar una queja,
 ni a mi peor enemigo, semana perdida, dia perdido, no hay derecho, sin sentido, dando vueltas, nadie se acuerda,
 ni una solucion, ya no se que hacer, complicad*, confus*, torpe, engorros*, anticuad*, lios*, lentisim*, inestable, pena, lastima, que pena, sin respuesta,
 sin contestar, sin responder, sin solucion, no respondeis, no responden, no me responde*, no nos responde*, no contest*, nadie contesta, nadie responde, nadie resuelve,
 nadie me, nadie nos, nadie soluciona, nadie ayuda, nadie sabe, me cuelgan, me colgo, colgaron, de una persona a otra,
 de un departamento a otro, me pasan de, otra vez, de nuevo, tercera vez, cuarta vez, quinta vez, enesima vez, todo el rato,
 cada dos por tres, una y otra vez, siguen cobrando, me siguen cobrando, sigue cobrando, seguis cobrando, siguen sin,
 seguis sin, sigo sin, seguimos sin, seguimos igual, sigo esperando, seguimos esperando, cobrado dos veces,
 cobrasteis dos veces, cobro duplicado, cargo duplicado, cobrado de mas, cobran de mas, doble cobro, hemos perdido,
 perdimos, he perdido, perdida de datos, siempre lo mismo, siempre igual, siempre tarde, siempre responden, injust*,
 no dais, tan dificil, otra subida, rescindir*, un abuso, abusiv*, cansad*, no cuadra, quitarme dinero,
 podria ser mejor, podria ser muy bueno, podria ser mucho mejor, iremos a otro, llevo una semana, llevo semanas, llevamos semanas, llevo dias, llevamos dias, llevo meses,
 llevo horas, hace meses, nunca llego, no ha llegado nunca, nunca recibi, nada de nada, ya esta bien, ni siquiera
-1.4: silencio, reclame, he reclamado, no vuelve a, lo dejamos, averiad*, derretid*, aranazo, encogieron, no guarda, nos rompe,
 disculparme, pedir disculpas, ni un email, ni un correo, ni una llamada, en serio, cuarto cuelgue, no se devuelve,
 vacios, cobran por todo, me he quedado igual, demasiados intentos, en la vida, segunda vez, con horas de, a estas alturas,
 ya me he, no hay forma, quien disena, hasta que os, de mas, otra vez mas, nos cuesta, bajo la lluvia, me entero
-0.8: antes era buen*, antes iba bien, prometisteis, prometieron, prometiste, menudo, menuda, vaya, rot*, estropead*, danad*, defectuos*, averiad*, equivocad*, tarde, retraso, retrasos, retrasad*, lento, lenta,
 lentitud, caro, cara, carisimo, problema*, queja*, reclam*, dificil, se cuelga, colgad*, se cierra, se cae, caida, caidas,
 no funciona, no funcionan, dejo de funcionar, ha dejado de funcionar, no va, falla, fallan, desaparecid*, por culpa,
 perdid*, preocup*, hace semanas, semanas despues, frio, fria, echa cada, increible, faltan, culpa
-0.4: error, errores, fallo, fallos, incidencia, mal, desgraciadamente, desafortunadamente, lamentablemente, todavia,
 bloquead*, incorrect*, tarda
4: el mejor, la mejor, los mejores, excepcional, impecable, no podria estar mas, cinco estrellas, 5 estrellas
3: excelen*, fantastic*, maravill*, estupend*, genial, geniales, perfect*, fenomenal, brillante, magnific*, extraordinari*,
 me encanta, nos encanta, les encanta, encanta, encantad*, enhorabuena, felicidades, felicit*, recomiendo, lo recomiendo,
 recomendable, recomendamos, recomendaria, buen trabajo, gran trabajo, de maravilla, de lujo, ninguna queja, sin queja*,
 sin ningun problema, ningun problema, no me puedo quejar, no me quejo, motivos de queja, nunca me ha dado,
 nunca he tenido, justo lo que, precisamente lo que, grata sorpresa, seguid asi, sigan asi, hace lo que promete, cumple lo que promete, me ahorra, nos ahorra,
 me ha salvado, merece la pena, vale la pena, un acierto, me ha ganado, de diez, sobresaliente, no esta nada mal
2: bueno, buena, buenos, buenas, buen, bien, contento, contenta, contentos, content*, satisfech*, feliz, amable*, atent*,
 agradable*, util, utiles, intuitiv*, fiable, comod*, gusta, me gusta, nos gusta,
 agradec*, correctos, just*, eficaz, eficien*, profesional*, solucionado, solucionaron, soluciono, resuelto, resolvieron,
 arreglado, mejora*, mejor que, no esta mal, estable, barato, gusto, bonit*, practic*, simpatic*
1.5: facil, faciles, sencill*, rapid*, claro, clara, claros, claras, clarisim*
0: buenos dias, buenas tardes, buenas noches, un buen, mejor forma, me gustaria, nos gustaria, bien clarito, esta bien,
 seria bueno, estaria bien, o bien, mas rapido posible, lo mejor posible, mala suerte, mal entendido, a lo mejor, mas bien
2: mil vueltas, chapo, un diez, echar una mano, da gusto, cumple de sobra, repetire, repetimos, un encanto, todo un detalle,
 un detalle, de lo mejor, sin un solo, ni un solo, al grano, vuela, mil gracias, muchas gracias, quedo resuelto, como en casa,
 no me imagino, se agradece, un placer, majisim*, una gozada, un descubrimiento, una pasada, un lujo, chulo, chula, top,
 acertad*, ganas de volver, volveremos, volvere, seguro que repito, cero sorpresas, nota la diferencia, lo recupere
0.6: gracias, mejor, funciona, funcionan
"""

TOPICS: Final = """
cancellation 3: cancelar, cancelacion, cancele, cancelad, cancelo, cancelado, cancelarl*, darme de baja, darse de baja,
 darnos de baja, doy de baja, damos de baja, dad de baja, dadme de baja, dar de baja, dada de baja, la baja, de baja,
 cerrar mi cuenta, cerrad mi cuenta, cerrar la cuenta, borrar mi cuenta, borrad mi cuenta, eliminar mi cuenta,
 eliminad mi cuenta, rescind*, no renovar, no quiero renovar, no queremos renovar, no renovaremos, permanencia,
 dejar la suscripcion, fin del contrato, acabar el contrato, terminar el contrato, anular la suscripcion, desuscrib*,
 nos cambiamos a, me cambio a, a la competencia, desactivad*, desactivar mi cuenta
cancellation 3: contrato acaba, contrato termina, fin de contrato, lo dejamos, no renuevo, cerrar su cuenta, congelar la cuota,
 congelar mi cuota, pausar mi, pausar la, dos suscripciones, quitad la mas antigua, tramitar la baja, tramitamos la baja,
 me di de baja, boton de cancelar, o nos marchamos, finalizar el contrato, poner fin, prescindir de, dejar el servicio,
 no continuar, no seguir con
cancellation 2: suscripcion*, contrato, baja
billing 2: factura*, facturacion, cobr*, cargo, cargos, pago, pagos, pagar, pagamos, pague, pagado, precio, precios, caro,
 cara, carisim*, cuota, cuotas, tarifa*, importe, importes, reembols*, devolucion del dinero, devolvedme el dinero, dinero,
 descuento*, iva, cif, recibo*, tarjeta, domicili*, banco, comision, comisiones, subida de precio, gratis, euros, coste,
 costes, mensual, anual, abono, tarifas, precios justos, calidad precio, cuesta, dinero tirado
billing 2: subida del, extracto, renovacion que, reembols*, centros de coste, contracargo, requerimiento*, abonada, abonado,
 transferencia, presupuesto*, cobran, tpv, bizum, paypal, suscripcion anual, cuota anual, administracion, asociaciones, iban,
 contabilidad, vencimiento, prorrate*, plazo, plazos, financi*, licencia anual, importe total
billing 1: barato, barata
billing 3: reembolso, reembolsos, cobrado dos veces, factura, facturas, forma de pago, metodo de pago, devuelve el dinero
access 3: iniciar sesion, inicio de sesion, contrasena*, no puedo entrar, no puedo acceder, sin poder acceder,
 sin poder entrar, poder entrar, acceder, codigo de verificacion, doble factor, dos pasos, verificacion en dos,
 cuenta bloqueada, cuenta se ha bloqueado, bloqueado la cuenta, permisos de, quitar el acceso, quito el acceso,
 dar acceso, invitacion, bloquead*, enlace de invitacion
access 3: suspendeis la cuenta, suspendido la cuenta, cuenta suspendida, sesion caducada, codigo, codigos, los codigos, sso,
 certificado, acceso de solo lectura, recupere la cuenta, recuperar la cuenta, recuperar mi cuenta, desbloque*, solo lectura
access 2: acceso, sesion, usuario y, permisos, clave, administrador, entrar
delivery 2: sofa, compra, helado, franja, transportistas, caja bajo, bajo la lluvia, lavadora, tornillos, estanteria, exprés, expres,
 aduana*, restaurante, hamburguesa, pizza, portal, vecino, punto de recogida, agotad*, stock, existencias, arañazo, te lo piden,
 lo pedi el, me mandais, mandasteis, mensajeria
delivery 2: pedido*, lo mio, mi compra, paquete*, envio, envios, enviais, enviado, entrega*, reparto, repartidor*, mensajer*, seguimiento,
 llego roto, devolver la, devolver el, devolver lo, devuelvo, devolver una, devolucion, articulo*, almacen, embal*, caja,
 transporti*, talla, recibido, comprar aqui, mercancia, sale mi, llegado, no llega, llego, comida
technical 2: error, errores, fallo, fallos, falla, se cierra, se cuelga, colgad*, se cae, caida, caidas, incidencia*,
 servidor*, no funciona, no funcionan, lento, lenta, lentisim*, carga, cargar, pantalla*, pagina, navegador*, firefox,
 chrome, aplicacion, app, sincroniz*, subir archivos, actualizacion*, version, boton, se detiene, perdida de datos,
 ha desaparecido todo, sistema, en blanco, se para, bug*, imprimir, rendimiento, inestable, estable, permiso denegado, tarda
technical 2: plataforma, informes salen, panel, notificacion*, avisos, intranet, incrustar, buscador, rediseno, cuelgue*,
 api, lector, guardado, saltos de linea, calendario, citas, integracion, ubicacion, documento, windows, android, iphone,
 tableta, portatil, ordenador, copia de seguridad, restaurar, desaparecen, duplicad*, se congela, latencia, imprime, vuela,
 grafico*, enlace roto, pagina de estado, no guarda, no carga, se queda en
technical 1: informes, informe, datos, exportacion, importacion, busqueda, programa, web, movil, archivos, ordenan
missing_feature 3: estaria bien que, estaria bien poder, seria bueno, seria genial, seria util, seria estupendo, me gustaria
 que, os animo a, tenis previsto, teneis previsto, esta previsto, en vuestros planes, hoja de ruta, echamos en falta,
 echo en falta, echo de menos, echamos de menos, nos faltaba, sugerencia, sugerencias, necesitamos poder, modo oscuro,
 podriais anadir, anadierais, falta una opcion, falta la opcion, funcion que pedi, funcion por la, falte algo, faltan funciones
missing_feature 3: habeis pensado en, nos vendria bien, nos vendrian, nos ayudaria que, esta en la lista, conector, que propusimos,
 que propuse, edicion en bloque, atajos de, modo sin conexion, sin modo, quitasteis la, quitasteis el, habeis quitado,
 para cuando, pensais anadir, vais a anadir, hay planes de, estaria genial, se echa en falta
missing_feature 2: atajo*, funcion, funciones, funcionalidad*, integracion con, opcion para, opcion de
support 2: me llamaban, me llaman el, vuestro tecnico, tecnico me, del chat, el chat, echar una mano, respuesta automatica, reclame,
 abri la incidencia, sobre mi mensaje, pasarle esto, de ventas a, a soporte, urgencias, hablar con alguien, un responsable,
 encargado, asesor, comercial, mi correo, mensaje de, quedo resuelto
support 2: soporte, atencion al cliente, me pasan de, nadie resuelve, quedarse hasta tarde, servicio al cliente, agente*, operador*, chatbot, al telefono, por telefono, el telefono, llamada, llamar,
 llamadme, llameme, me llame, me llamaron, llamaron, llamen, contest*, respuesta*, responde*, sin respuesta, ticket*, trato,
 gestor, nadie me ha, vuestro equipo, ayuda, me atend*, os escribo, escribo, correos, personal, hablar con, paciencia
how_to 2.5: como puedo, como podemos, como se, como hago, como cambio, como configuro, como va, como van, donde puedo, donde se,
 donde encuentro, donde esta la opcion, es posible, hay alguna forma, hay alguna manera, hay forma de, se puede, se pueden,
 me podeis explicar, podeis explicarme, documentacion, manual, tutorial*, guia, configur*, puesta en marcha, facil de usar,
 que formatos, cuantos, cuantas, instrucciones, formacion
how_to 2.5: que diferencia hay, diferencia entre, donde esta, que columnas, importar los, queremos importar, una duda rapida,
 duda, es lo normal, es normal, leido la ayuda, el manual, videos, puede salir, sola, por defecto, paso a paso, curva de, cual es la
how_to 2: puedo usar, como, complicad*, entender, aprender, idioma
"""
