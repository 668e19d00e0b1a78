deconvvizImage({"number":11,"units":[[1,27,2,0.881,[-5,87,18,110],0.2064],[4,16,8,0.479,[45,29,96,80],0.05656]],"file":"snail 11","class":"snail","rows":112,"columns":112,"before":9,"after":12});
