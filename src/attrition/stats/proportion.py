import numpy as np
def wilson(s, n, level=0.95):
    s=np.asarray(s,float); n=np.asarray(n,float); z=1.959963984540054
    with np.errstate(all='ignore'):
        p=s/n; d=1+z*z/n; c=p+z*z/2/n; h=z*np.sqrt(p*(1-p)/n+z*z/4/n/n)
        return (c-h)/d,(c+h)/d
