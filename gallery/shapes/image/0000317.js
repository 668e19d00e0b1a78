deconvvizImage({"number":317,"units":[[3,5,8,0.683,[29,61,80,112],0.03324]],"file":"bus 317","class":"bus","rows":112,"columns":112,"before":316,"after":319});
