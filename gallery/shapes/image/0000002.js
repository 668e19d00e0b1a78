deconvvizImage({"number":2,"units":[[3,18,2,0.9,[-8,8,37,53],0.06347],[3,36,8,0.683,[-18,6,31,55],0.1259]],"file":"flower 2","class":"flower","rows":112,"columns":112,"before":1,"after":5});
