deconvvizImage({"number":50,"units":[[0,3,8,0.928,[23,65,30,72],0.03994]],"file":"cabin 50","class":"cabin","rows":112,"columns":112,"before":49,"after":51});
