deconvvizImage({"number":319,"units":[[4,16,4,0.576,[29,37,80,88],0.1004]],"file":"snail 319","class":"snail","rows":112,"columns":112,"before":317,"after":321});
