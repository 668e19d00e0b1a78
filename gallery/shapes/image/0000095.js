deconvvizImage({"number":95,"units":[[2,5,6,0.834,[32,0,61,29],0.1175],[4,16,2,0.6,[45,29,96,80],0.08238]],"file":"snail 95","class":"snail","rows":112,"columns":112,"before":93,"after":98});
