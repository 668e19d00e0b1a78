deconvvizImage({"number":49,"units":[[2,4,6,0.853,[35,35,74,74],0.0573],[2,36,5,0.837,[44,44,81,81],0.07415]],"file":"leopard 49","class":"leopard","rows":112,"columns":112,"before":47,"after":50});
