deconvvizImage({"number":329,"units":[[3,125,2,0.798,[6,30,55,79],0.09949]],"file":"leopard 329","class":"leopard","rows":112,"columns":112,"before":328,"after":333});
