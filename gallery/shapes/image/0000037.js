deconvvizImage({"number":37,"units":[[2,27,7,0.716,[67,27,106,66],0.09092],[3,5,2,0.806,[45,61,96,112],0.06302]],"file":"bus 37","class":"bus","rows":112,"columns":112,"before":35,"after":38});
