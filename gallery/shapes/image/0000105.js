deconvvizImage({"number":105,"units":[[0,20,1,0.99,[75,57,82,64],0.02717]],"file":"leopard 105","class":"leopard","rows":112,"columns":112,"before":103,"after":107});
