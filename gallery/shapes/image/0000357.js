deconvvizImage({"number":357,"units":[[2,5,7,0.833,[24,24,53,53],0.1347]],"file":"leopard 357","class":"leopard","rows":112,"columns":112,"before":355,"after":360});
