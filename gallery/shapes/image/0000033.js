deconvvizImage({"number":33,"units":[[4,20,3,0.705,[56,16,101,61],0.04281]],"file":"bicycle 33","class":"bicycle","rows":112,"columns":112,"before":31,"after":34});
