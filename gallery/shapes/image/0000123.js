deconvvizImage({"number":123,"units":[[3,27,0,1.0,[33,25,76,68],0.05804],[4,16,0,1.0,[29,21,80,72],0.168]],"file":"snail 123","class":"snail","rows":112,"columns":112,"before":120,"after":124});
