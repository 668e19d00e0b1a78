deconvvizImage({"number":217,"units":[[2,36,3,0.875,[60,20,97,57],0.07128]],"file":"leopard 217","class":"leopard","rows":112,"columns":112,"before":216,"after":218});
