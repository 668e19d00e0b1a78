deconvvizImage({"number":277,"units":[[2,36,7,0.806,[68,44,105,81],0.05729],[3,43,0,1.0,[22,38,71,87],0.08348]],"file":"cat 277","class":"cat","rows":112,"columns":112,"before":276,"after":278});
