deconvvizImage({"number":258,"units":[[0,20,5,0.962,[29,57,36,64],0.0264]],"file":"owl 258","class":"owl","rows":112,"columns":112,"before":257,"after":260});
