deconvvizImage({"number":117,"units":[[4,3,1,0.812,[40,8,85,53],0.1144]],"file":"bicycle 117","class":"bicycle","rows":112,"columns":112,"before":115,"after":118});
